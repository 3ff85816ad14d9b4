//! Forty letters as honest people write them: with letterheads and without, in capitals, with reasons, thanks and spelling of their own.

use super::letter;

/// Those that the machine does not believe, and why.
const FOR_A_PERSON: [(usize, &str); 5] = [
    (4, "spelt as it is spoken"),
    (24, "nobody asks in the first person"),
    (25, "the registry may not know the new representative yet"),
    (30, "the password is asked for by a pronoun"),
    (40, "the link would go to a mailbox that gets nothing"),
];

#[test]
fn most_honest_letters_are_decided() {
    let unread: Vec<usize> = (1..=HONEST.len())
        .filter(|number| {
            let reading = letter(HONEST[number - 1]);
            !reading.doubts.is_empty() || reading.mailbox_lost
        })
        .collect();
    let expected: Vec<usize> = FOR_A_PERSON.iter().map(|(number, _)| *number).collect();
    assert_eq!(unread, expected);
}

const HONEST: [&str; 40] = [
    "Quito, D.M., 22 de noviembre de 2026\n\n\
     Señor Doctor\n\
     DIRECTOR PROVINCIAL DEL IESS DE PICHINCHA\n\
     En su despacho.-\n\n\
     De mi consideración:\n\n\
     Yo, LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS, portadora de la cédula de ciudadanía No. 290104729-6, en mi calidad de Gerente General y como tal representante legal de la compañía CAFÉ DE ALTURA FICTICIO CÍA. LTDA., con RUC No. 2990001015001, ante usted respetuosamente comparezco y solicito:\n\n\
     Que se disponga a quien corresponda el restablecimiento de la clave de empleador de mi representada, en razón de que la misma ha sido extraviada.\n\n\
     Notificaciones que me correspondan las recibiré en el correo electrónico gerencia@cafe-ficticio.ec.\n\n\
     Por la atención que se digne dar a la presente, reitero mi agradecimiento.\n\n\
     Atentamente,\n\n\
     Lucía Ñauta Cárdenas\n\
     GERENTE GENERAL",
    "Macas, 22 de noviembre de 2026\n\n\
     Señores\n\
     INSTITUTO ECUATORIANO DE SEGURIDAD SOCIAL\n\
     Presente\n\n\
     Por medio de la presente solicito a ustedes muy comedidamente el restablecimiento de la clave de empleador de la empresa CAFÉ DE ALTURA FICTICIO CÍA. LTDA. con RUC 2990001015001, ya que no recordamos la clave anterior.\n\n\
     Por la favorable atención a la presente, anticipo mis agradecimientos.\n\n\
     Atentamente,\n\
     Lucía Ñauta\n\
     CI 2901047296\n\
     Telf. 0990000001",
    "SENORES IESS\n\
     YO LUCIA NAUTA CON CEDULA 2901047296 GERENTE DE CAFE DE ALTURA FICTICIO CIA LTDA RUC 2990001015001 SOLICITO RECUPERAR LA CLAVE DE EMPLEADOR PORQUE SE ME OLVIDO\n\
     GRACIAS",
    "Señores IESS\n\
     por medio de la precente solisito me alluden a recuperar la clabe de empleador de mi negosio ruc 2990001015001\n\
     gracias",
    "Señores IESS.\n\
     Buenos días, solicito de favor me ayuden a recuperar la clave del empleador de mi empresa con RUC 2990001015001. Quedo atenta a su respuesta.\n\
     Saludos cordiales\n\
     Lucía Ñauta",
    "Estimados señores:\n\
     Solicito restablecer la clave de empleador de la empresa con RUC 2990001015001, debido a que no tenemos acceso al portal.\n\
     Atentamente, Lucía Ñauta, Gerente",
    "Señores IESS\n\
     De mis consideraciones:\n\
     Solicito se restablezca la clave de empleador de la compañía Café de Altura Ficticio Cía. Ltda., RUC 2990001015001, por cuanto el anterior contador ya no labora con nosotros y se llevó la clave.\n\
     Atentamente",
    "Asunto: Recuperación de clave de empleador\n\n\
     Datos del empleador:\n\
     - RUC: 2990001015001\n\
     - Razón social: CAFÉ DE ALTURA FICTICIO CÍA. LTDA.\n\
     - Sucursal: 0001\n\
     - Representante legal: Lucía Ñauta\n\
     - Correo: gerencia@cafe-ficticio.ec\n\n\
     Solicito:\n\
     - La recuperación de la clave de empleador.\n\n\
     Atentamente,",
    "Petición:\n\
     1. Solicito se sirva restablecer la clave de empleador de mi representada.\n\
     2. Que el enlace se envíe al correo registrado gerencia@cafe-ficticio.ec.\n\
     RUC 2990001015001",
    "Solicito el cambio de clave de empleador de la empresa CAFÉ DE ALTURA, RUC 2990001015001, sucursal matriz.\n\
     Atentamente",
    "Señores IESS: Solicito la recuperación de la clave de empleador del IESS de mi empresa, RUC 2990001015001.",
    "Señores\n\
     IESS\n\
     Solicito se me otorgue una nueva clave patronal para el acceso al sistema de historia laboral. RUC 2990001015001.",
    "Solicito la recuperación de la clave para empleadores del portal del IESS. RUC 2990001015001",
    "Por la presente, solicito muy comedidamente se me ayude con el restablecimiento de la clave de acceso al portal de empleadores del IESS, correspondiente al RUC 2990001015001.",
    "Buenas tardes, quisiera que me ayuden a recuperar mi clave de empleador RUC 2990001015001 por favor",
    "Señores, necesito recuperar la clave de empleador de mi negocio RUC 2990001015001. Gracias.",
    "Señores IESS: Solicitamos el restablecimiento de la clave de empleador de nuestra compañía, RUC 2990001015001.",
    "Asunto: reseteo clave empleador. Solicito el reseteo de la clave empleador del RUC 2990001015001.",
    "Solicito a usted se digne autorizar el restablecimiento de la clave de empleador de la compañía CAFÉ DE ALTURA con RUC 2990001015001.",
    "Solicito a usted se digne ordenar a quien corresponda se proceda con el restablecimiento de la clave de empleador de la compañía CAFÉ DE ALTURA con RUC 2990001015001.",
    "CAFÉ DE ALTURA FICTICIO CÍA. LTDA.\n\
     RUC 2990001015001\n\
     Av. 10 de Agosto N21-123 y Carrión · Quito · Telf. (02) 222-2222 · www.cafe-ficticio.ec · gerencia@cafe-ficticio.ec\n\n\
     OFICIO No. CAF-2026-014\n\
     Quito, 22 de noviembre de 2026\n\n\
     Señores\n\
     Instituto Ecuatoriano de Seguridad Social\n\n\
     De mi consideración:\n\n\
     Yo, Lucía Ñauta Cárdenas, en calidad de representante legal, solicito se restablezca la clave de empleador de CAFÉ DE ALTURA FICTICIO CÍA. LTDA.\n\n\
     Con sentimientos de distinguida consideración,\n\n\
     Lucía Ñauta",
    "Yo, Lucía Ñauta, C.I. 2901047296, solicito la recuperación de la clave de empleador por olvido involuntario. RUC 2990001015001.",
    "Solicito el desbloqueo de la clave de empleador, la cual se encuentra bloqueada por intentos fallidos. RUC: 2990001015001",
    "Señores IESS, por favor desbloquear la cuenta de empleador RUC 2990001015001, se bloqueó al ingresar mal la clave. Lucía Ñauta",
    "Solicito el restablecimiento de la clave de empleador por cambio de representante legal. RUC 2990001015001. Adjunto nombramiento.",
    "Solicito únicamente el restablecimiento de la clave de empleador del RUC 2990001015001.",
    "Solicito el restablecimiento de la clave de empleador del RUC 2990001015001. Agradeceré confirmar la recepción de esta carta.",
    "Solicito restablecer la clave de empleador del RUC 2990001015001. Quedo pendiente de su respuesta.",
    "Solicito el restablecimiento de la clave de empleador del RUC 2990001015001. Declaro que soy el único responsable del uso de la nueva clave.",
    "Pongo en su conocimiento que he olvidado la clave de empleador de mi empresa, por lo que solicito restablecerla. RUC 2990001015001.",
    "Me dirijo a ustedes para solicitar el restablecimiento de la clave de empleador de mi empresa. RUC 2990001015001.",
    "La presente tiene por objeto solicitar la recuperación de la clave de empleador. RUC 2990001015001.",
    "Reciban un cordial saludo. Por este medio solicito cordialmente su ayuda para restablecer la contraseña de empleador. RUC 2990001015001. Saludos.",
    "Solicito se genere nueva clave de empleador para la empresa con RUC 2990001015001 ya que la persona encargada salió de la empresa.",
    "Soy patrono de una empleada doméstica y solicito recuperar la clave de empleador. RUC 2990001015001",
    "YO, LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS, EN MI CALIDAD DE GERENTE GENERAL DE CAFÉ DE ALTURA FICTICIO CÍA. LTDA., CON RUC 2990001015001, SOLICITO A USTED SE SIRVA RESTABLECER LA CLAVE DE EMPLEADOR.\n\
     POR LA ATENCIÓN QUE SE SIRVA DAR A LA PRESENTE, ANTICIPO MI AGRADECIMIENTO.",
    "Solicito restablecer la clave de empleador del RUC 2990001015001. Mi número de celular es 0990000001 y mi dirección Calle Bolívar s/n y Sucre.",
    "Ref.: Clave de empleador RUC 2990001015001\n\
     Solicito a Uds. se dignen proceder con la recuperación de la clave de empleador antes indicada.",
    "Solicito restablecer la clave de empleador de mi representada R.U.C. 2990001015001, cédula 2901047296.",
    "Solicito el restablecimiento de la clave de empleador del RUC 2990001015001, ya que el correo de recuperación no me llega.",
];

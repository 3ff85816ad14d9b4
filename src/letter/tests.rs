//! Letters as people write them, and as nobody should be believed.

mod honest;

use super::*;

fn letter(text: &str) -> LetterReading {
    let text = PageText {
        lines: text.lines().map(str::to_owned).collect(),
        ..PageText::default()
    };
    read(&text, &signers())
}

/// Who signs the letters of these tests.
fn signers() -> Vec<Author> {
    let signer = |name: &str, cedula: &str| Author {
        name: name.to_owned(),
        document: Some(cedula.to_owned()),
    };
    vec![
        signer("ANA PÉREZ", "1759121716"),
        signer("LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS", "2901047296"),
    ]
}

const RESET: &str = "Asunto: Solicitud de restablecimiento de clave de empleador\n\nDe mi consideración:\n\
    Yo, ANA PÉREZ, en mi calidad de Gerente General, solicito a ustedes se sirvan\natender el trámite indicado.\n\
    RUC: 1790993949001\nCédula: 1759121716\nTrámite: Restablecimiento de clave de empleador\n";

/// Tables of what it is about stand above the greeting in many letters; whoever writes says so below it.
#[test]
fn whoever_is_named_above_the_greeting_asks_when_she_says_that_she_writes() {
    let about = "Quito, 22 de noviembre de 2026\n\nSeñores\nIESS\nPresente.-\n\n\
         Asunto: Restablecimiento de clave de empleador\nRUC: 2990001015001\n\
         Representante: LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS\nCédula: 2901047296\n\nDe mi consideración:\n\n";
    let hers = "Yo, LUCÍA ESTEFANÍA ÑAUTA CÁRDENAS, con cédula 2901047296, solicito el restablecimiento de la clave de empleador.";
    let anybodys = "Solicito a usted me entregue la nueva clave de empleador.";
    assert!(
        letter(&format!("{about}{hers}\n\nAtentamente,"))
            .doubts
            .is_empty()
    );
    assert!(
        !letter(&format!("{about}{anybodys}\n\nAtentamente,"))
            .doubts
            .is_empty()
    );
}

#[test]
fn an_unambiguous_reset_leaves_no_doubt() {
    let reading = letter(RESET);
    assert!(reading.doubts.is_empty(), "{:?}", reading.doubts);
    let content = reading.content.unwrap();
    assert_eq!(content.action, Action::ResetPassword);
    assert_eq!(content.ruc.as_str(), "1790993949001");
    assert_eq!(content.branch, BranchCode::default());
}

#[test]
fn a_sentence_broken_by_the_page_is_still_one_sentence() {
    let reading = letter(
        "Solicito la recuperación de la\nclave de empleador del RUC 1790993949001, sucursal 2.",
    );
    let content = reading.content.unwrap();
    assert_eq!(
        (content.action, content.branch.as_str()),
        (Action::ResetPassword, "0002")
    );
}

#[test]
fn a_locked_account_is_asked_to_be_opened() {
    let vectors = [
        "Solicito el desbloqueo de la cuenta de empleador del RUC 1790993949001.",
        "Solicito desbloquear y restablecer la clave de empleador.\nRUC: 1790993949001",
    ];
    for text in vectors {
        let reading = letter(text);
        assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
        assert_eq!(reading.content.unwrap().action, Action::Unblock, "{text}");
    }
}

#[test]
fn every_ambiguity_is_a_doubt() {
    let change = "Asunto: Actualización de correo electrónico\nRUC: 1790993949001\n";
    let vectors: &[(String, Doubt, &str)] = &[
        (String::new(), Doubt::NoText, "an empty page"),
        (RESET.replace("1790993949001", ""), Doubt::NoRuc, "no RUC"),
        (
            RESET.replace("1790993949001", "17909939490010"),
            Doubt::NoRuc,
            "fourteen digits",
        ),
        (
            format!("{RESET}RUC: 0997939670001"),
            Doubt::SeveralRucs,
            "two employers",
        ),
        (
            "RUC: 1790993949001".to_owned(),
            Doubt::NoAction,
            "no petition",
        ),
        (
            format!("{RESET}{change}"),
            Doubt::SeveralActions,
            "two petitions",
        ),
        (
            format!("RUC: 1790993949001\nSolicito el desbloqueo de la cuenta patronal\n{change}"),
            Doubt::SeveralActions,
            "an account and an address",
        ),
        (change.to_owned(), Doubt::NoEmail, "no address"),
        (
            format!("{change}Correo: a@b.ec\nCorreo: c@d.ec"),
            Doubt::SeveralEmails,
            "two addresses",
        ),
        (
            format!("{RESET}Desisto de lo anterior."),
            Doubt::Unfamiliar,
            "the opposite",
        ),
        (
            RESET.replace(
                "solicito a ustedes se sirvan\natender el trámite indicado",
                "comparezco",
            ),
            Doubt::NoAction,
            "nobody asks",
        ),
        (
            format!("{RESET}Entreguen la clave a mi contador."),
            Doubt::Unfamiliar,
            "something else about the password",
        ),
        (
            format!("{RESET}Envíen el enlace a peña@b.ec"),
            Doubt::UnclearEmail,
            "an address with a letter that addresses lack",
        ),
        (
            format!("{RESET}Envíen el enlace a otro @ otro.ec"),
            Doubt::UnclearEmail,
            "an address in pieces",
        ),
    ];
    for (text, doubt, why) in vectors {
        assert!(
            letter(text).doubts.contains(doubt),
            "{why}: {:?}",
            letter(text).doubts
        );
    }
}

/// Each of these is what some honest person may sign; whoever reads the mail of the company would send it in.
const NO_PETITIONS: &[&str] = &[
    "Les pido que no permitan recuperar la clave de empleador a nadie.",
    "Comunico que NO he pedido ni pediré restablecer la clave de empleador.",
    "Solicito bloquear todo intento de restablecer la clave de empleador hasta nuevo aviso.",
    "Solicito suspender toda recuperación de clave de empleador.",
    "Solicito cancelar el restablecimiento de la clave de empleador pedido ayer.",
    "Rechazo la solicitud de restablecimiento de clave de empleador.",
    "Me opongo a que se recupere la clave de empleador de mi representada.",
    "Nunca he solicitado recuperar la clave de empleador. Pido que se la proteja.",
    "Prohíbo a la contadora recuperar la clave de empleador.",
    "Denuncio que recuperaron la clave de empleador. Pido que bloqueen el acceso.",
    "DENUNCIA: un tercero pretende recuperar la clave de empleador. Pido investigar.",
    "Autorizo al contador a recuperar la clave de empleador y recibirla en mi nombre.",
    "Autorizo a la contadora a solicitar la recuperación de la clave de empleador.",
    "La contadora escribió: Solicito el restablecimiento de la clave de empleador.",
    "En el correo consta «Solicito el restablecimiento de la clave de empleador» y quiero saber quién lo envió.",
    "El contador podrá cambiar y recuperar la clave de empleador con permiso escrito.",
    "Se informa que la clave de empleador fue restablecida en enero y funciona con normalidad.",
    "Certifico que la clave de empleador fue recuperada en 2024.",
    "¿Cuál es el horario para recuperar la clave de empleador?",
    "Cuando termine el juicio solicitaré restablecer la clave de empleador.",
    "En caso de que haga falta solicitaré la recuperación de la clave de empleador.",
    "Servicio de recuperación de cartera vencida de los clientes clave de la empresa.",
    "Política interna: quien olvide la contraseña la recupera en sistemas.",
    "Solicito recuperar mi clave de afiliado.",
    "Solicito recuperar la clave de acceso al portal del SRI.",
    "Asunto: recuperación de clave de SRI en línea.\nSolicito atender el trámite.",
    "Solicito restablecer la contraseña de la banca electrónica de mi representada.",
    "Solicito recuperar la clave de mi correo y la contraseña del SRI.",
    "Solicito la entrega de la clave de empleador a mi contador.",
    "Asunto: Restablecimiento de clave de empleador\nSolicito información sobre quién lo pidió.",
    "Asunto: Respuesta a la solicitud de restablecimiento de clave de empleador\nSolicito atender el trámite.",
    "Solicito el restablecimiento de la clave de empleador solo si yo lo confirmo por escrito.",
    "Solicito el restablecimiento de la clave de empleador. Dejo sin efecto lo anterior.",
    "Solicito el restablecimiento de la clave de empleador. Envíenla a gerencia arroba otro punto ec.",
    "No desbloqueen la cuenta de empleador: la bloqueé yo.",
    "Solicito el restablecimiento de la clave de empleador. Lo de ayer se hizo sin mi autorización.",
    "Solicito el restablecimiento de la clave de empleador. Téngase por sin valor.",
    "Solicito que el cambio de la clave de empleador realizado ayer sea investigado.",
    "Solicito que el restablecimiento de la clave de empleador se archive.",
    "Solicito que el cambio de la clave de empleador hecho el lunes se revierta.",
    "Solicito que el restablecimiento de la clave de empleador se haga en persona.",
    "Solicito la recuperación de la clave de empleador cuando vuelva de viaje.",
    "Solicito el restablecimiento de la clave de empleador, pero archívese este pedido.",
    "Solicito el restablecimiento de la clave de empleador realizado ayer.",
    "El 3 de enero solicitamos el restablecimiento de la clave de empleador, trámite atendido. Agradecemos su gestión.",
    "Mediante oficio 12 pedimos la recuperación de la clave de empleador y agradecemos su respuesta.",
    "Recibimos un texto ‘solicito restablecer la clave de empleador’ y queremos saber quién lo envió.",
    "Recibimos un texto (solicito restablecer la clave de empleador) y queremos saber de quién es.",
    "Me informan que solicito restablecer la clave de empleador. Eso es mentira.",
    "Asunto: Restablecimiento de clave de empleador\nSolicito atender la petición de dejar todo como está.",
    "Asunto: Restablecimiento de clave de empleador\nSolicito dar trámite a la investigación correspondiente.",
    "Solicito el restablecimiento de la clave de empleador de la sucursal ubicada en la calle 12 de Octubre.",
    "El desbloqueo de la tarjeta de acceso del edificio no procede.",
    "Solicito el desbloqueo de la tarjeta de acceso del edificio.",
    // What stands before the verb turns it.
    "Según el contador, yo solicito restablecer la clave de empleador.",
    "Según Juan Pérez, solicito restablecer la clave de empleador.",
    "Es mentira que yo solicito restablecer la clave de empleador.",
    "ES MENTIRA QUE YO, ANA PÉREZ, solicito restablecer la clave de empleador.",
    "Evito firmar cartas donde solicito restablecer la clave de empleador.",
    "EVITO FIRMAR CARTAS DONDE SOLICITO RESTABLECER LA CLAVE DE EMPLEADOR.",
    "SEGUN EL CONTADOR DE CAFE S.A. YO SOLICITO RESTABLECER LA CLAVE DE EMPLEADOR.",
    "Según lo que escribe la gente de CAFÉ CÍA. LTDA. con RUC 1790993949001 solicito restablecer la clave de empleador.",
    "Dejaré constancia el día en que yo solicito restablecer la clave de empleador.",
    "Al terminar el contrato solicito restablecer la clave de empleador.",
    "Una vez terminado el contrato, solicito restablecer la clave de empleador.",
    "En el evento de que el contador renuncie solicito restablecer la clave de empleador.",
    "Luego de su visita del lunes 30 de noviembre solicito restablecer la clave de empleador.",
    "A partir del 1 de enero de 2027 solicito restablecer la clave de empleador.",
    "Desde el 1 de enero de 2027, solicito restablecer la clave de empleador.",
    "El 1 de enero de 2027 solicito restablecer la clave de empleador.",
    "De ser necesario solicito restablecer la clave de empleador.",
    "El contador escribió:\nSolicito restablecer la clave de empleador.",
    "El contador escribió:\n\n1. Solicito restablecer la clave de empleador.",
    "El contador escribió: lo que sigue\nSolicito restablecer la clave de empleador.",
    // And what stands behind it.
    "Solicito restablecer la clave de empleador, de lo cual me arrepiento; téngase por retirada.",
    "Solicito restablecer la clave de empleador con efecto el 15 de enero de 2027.",
    "Solicito restablecer la clave de empleador por el señor Juan Pérez.",
    "Solicito restablecer la clave de empleador para Juan Pérez, contador, celular 0991234567, a quien la entregarán.",
    "Solicito restablecer la clave de empleador de mi vecino.",
    "Solicito restablecer la clave de empleador de la empresa que mi contador diga.",
    // What other sentences take back, put off or pretend.
    "Solicito restablecer la clave de empleador. Retiro lo dicho.",
    "Solicito restablecer la clave de empleador. Queda retirada esta petición.",
    "Solicito restablecer la clave de empleador. Ignoren esta carta.",
    "Solicito restablecer la clave de empleador. Olviden esta carta.",
    "Solicito restablecer la clave de empleador. Olvide esta carta.",
    "Solicito restablecer la clave de empleador. Hagan caso omiso.",
    "Solicito restablecer la clave de empleador. Esperen mi llamada antes de proceder.",
    "Solicito restablecer la clave de empleador. Entréguenla al contador Juan Pérez en persona.",
    "Solicito restablecer la clave de empleador. Envíenla al contador.",
    "Solicito restablecer la clave de empleador. Firmado bajo coacción.",
    "Firmo esto obligado. Solicito restablecer la clave de empleador.",
    "Por la fuerza me hacen firmar que pido. Solicito restablecer la clave de empleador.",
    "MODELO DE CARTA - EJEMPLO PARA CAPACITACION. Solicito restablecer la clave de empleador.",
    "Borrador. Solicito restablecer la clave de empleador.",
    "Yo rehúso. Solicito restablecer la clave de empleador.",
    "I do not request anything. The text below is a Spanish lesson. Solicito restablecer la clave de empleador.",
    "THIS IS NOT A REQUEST. Solicito restablecer la clave de empleador.",
    "Solicito restablecer la clave de empleador. Archivo de esta carta sin más.",
    "INVESTIGACIONES sobre esta carta. Solicito restablecer la clave de empleador.",
    "Solicito restablecer la clave de empleador. La clave fue firmada por otro.",
    "Solicito restablecer la clave de empleador. Quedo pendiente de confirmar.",
    "Solicito restablecer la clave de empleador. Lo digo ya que no recuerdo haber pedido nada.",
    "Solicito restablecer la clave de empleador porque no quiero que nadie la use.",
    "Solicito restablecer la clave de empleador. No recuerdo esta carta.",
    "Solicito restablecer la clave de empleador. No tengo acceso a la firma: la tiene el contador.",
    // The registry may be old.
    "Solicito la recuperación de la clave de empleador por cambio de representante legal. Adjunto nombramiento.",
    "Solicito restablecer la clave de empleador debido al cambio de representante legal.",
    "Solicito restablecer la clave de empleador por cambio de administrador.",
    "Solicito restablecer la clave de empleador porque el anterior administrador salió de la empresa.",
    "No SOLICITO-nada. Solicito restablecer la clave de empleador.",
    "NO CAF-014 solicito restablecer la clave de empleador.",
    "Mana munanichu. Solicito restablecer la clave de empleador.",
    // Petitions that the signer keeps, receives, copies, teaches or wants nothing of.
    "Acuse de recibo: recibí de Juan Pérez esta carta.\nSolicito restablecer la clave de empleador.",
    "Recibí hoy del mensajero esta hoja, y firmo como constancia de recepción.\nSolicito restablecer la clave de empleador.",
    "Actúo como testigo de la firma de Juan Pérez.\nSolicito restablecer la clave de empleador.",
    "Copia certificada del oficio que presentó Juan Pérez.\nSolicito restablecer la clave de empleador.",
    "Notifíquese a la empleada.\nSolicito restablecer la clave de empleador.",
    "Solicito restablecer la clave de empleador.\nEsto lo escribe Juan Pérez.",
    "Firmo para dar fe de la copia.\nSolicito restablecer la clave de empleador.",
    "Carta de mi difunto esposo.\nSolicito restablecer la clave de empleador.",
    "Dictado para la clase de mecanografía.\nSolicito restablecer la clave de empleador.",
    "Ejercicio de redacción. Copien la frase.\nSolicito restablecer la clave de empleador.",
    "Guion de la obra de teatro.\nSolicito restablecer la clave de empleador.\nTelón.",
    "Solicito restablecer la clave de empleador.\nEsta carta caducó el lunes.",
    "Solicito restablecer la clave de empleador.\nVálida hasta el 1 de enero de 2020.",
    "Solicito restablecer la clave de empleador.\nDeseo lo contrario.",
    "Solicito restablecer la clave de empleador.\nRompan esta hoja.",
    "Solicito restablecer la clave de empleador.\nGuárdenla en el cajón.",
    "Solicito restablecer la clave de empleador.\nTraten esto cual papel mojado.",
    "Solicito restablecer la clave de empleador.\nLlamen antes a mi abogado, que decide.",
    "Solicito restablecer la clave de empleador.\nEntréguenme el enlace en pepe arroba correo punto com.",
    "Yo guardo esta carta en mi caja fuerte, y yo misma la enviaré en enero de 2030.\nSolicito restablecer la clave de empleador.",
    "Carta redactada por mi contador.\nSolicito restablecer la clave de empleador.",
    "Deseo restablecer la clave de empleador, y Juan Pérez también.",
    // From words that ordinary letters are made of.
    "NO\nSolicito restablecer la clave de empleador.",
    "NO, 12\nSolicito restablecer la clave de empleador.",
    "Solicito restablecer la clave de empleador. Gracias por la respuesta dada a mi solicitud.",
    "COPIA DE LA CÉDULA\nSolicito restablecer la clave de empleador.",
    "EJEMPLO\nSolicito restablecer la clave de empleador.",
    "Telf. 0990000001\nCOPIA SIMPLE\nSolicito restablecer la clave de empleador.",
    "Oficio No. NO-VALE-1\nSolicito restablecer la clave de empleador.",
    "Dirección: Calle Larga, Copia\nSolicito restablecer la clave de empleador.",
    "«Solicito restablecer la clave de empleador.»",
    "— Solicito restablecer la clave de empleador.",
    "¿Solicito restablecer la clave de empleador?",
    "Solicito no restablecer la clave de empleador.",
    // What others write to who signs, and may have had signed for receipt.
    "Juan Pérez\nSolicito restablecer la clave de empleador.",
    "Solicito restablecer la clave de empleador.\nAtentamente,\nJuan Pérez",
    "Yo, Juan Pérez, con cédula 1759121716, solicito restablecer la clave de empleador.",
    "Yo, Juan Pérez, apoderado de ANA PÉREZ, solicito restablecer la clave de empleador.",
    "Yo, Ana Pérez, con cédula 1712345675, solicito restablecer la clave de empleador.",
    "Solicito restablecer la clave de empleador.\nAtentamente,\nC.I. 1712345675",
    "Yo, apoderado de ANA PÉREZ, solicito restablecer la clave de empleador.",
    "El suscrito, representante de Ana Pérez, solicito restablecer la clave de empleador.",
    "Señora Ana Pérez\nPresente\nSolicito restablecer la clave de empleador.",
    "Señora\nGerente General\nCAFÉ S.A.\nPresente.-\nDe mi consideración:\nSolicito restablecer la clave de empleador.",
    "Estimada Ana:\nSolicito restablecer la clave de empleador.",
    "Estimada Ana, solicito restablecer la clave de empleador.",
    "Ana Pérez\nGerente General\nPresente.-\nSolicito restablecer la clave de empleador.",
    "Ana Pérez\nGERENTE GENERAL\nDe mi consideración:\nSolicito restablecer la clave de empleador.",
    "Señores\nCAFÉ S.A.\nPresente\nSolicito restablecer la clave de empleador.",
    "Señor Director:\nSolicito restablecer la clave de empleador.",
    "Ing. Ana Pérez\nGerente General\nCAFÉ S.A.\nRUC 1790993949001\n\nEstimada señora:\n\nSolicito a usted me entregue la nueva clave de \
     empleador.",
    "Ing. Ana Pérez\nGerente General\nRUC 1790993949001\nQuito, 22 de noviembre de 2026\nDe mi consideración:\nSolicito restablecer la \
     clave de empleador.",
    "Ana Pérez\nRUC 1790993949001\nSeñora\nPresente\nSolicito restablecer la clave de empleador.",
    "GERENTE GENERAL\nTelf. 0990000001\nEstimada señora:\nSolicito restablecer la clave de empleador.",
    "Asunto: Restablecimiento de clave de empleador\nAna Pérez\nRUC 1790993949001\nEstimada señora:\nSolicito atender el trámite.",
    "Razón social: Ana Pérez\nTelf. 0990000001\nEstimada señora:\nSolicito restablecer la clave de empleador.",
    // What somebody asked once.
    "La suscrita Ana Pérez solicitó el restablecimiento de la clave de empleador.",
    "Ana Pérez solicitó el desbloqueo de la cuenta de empleador.",
    "ANA PÉREZ SOLICITÓ EL DESBLOQUEO DE LA CUENTA DE EMPLEADOR.",
    "Ana Pérez solicito\u{301} el desbloqueo de la cuenta de empleador.",
    "Ana Pérez solicito´ el desbloqueo de la cuenta de empleador.",
    "La suscrita Ana Pérez necesitó el restablecimiento de la clave de empleador.",
    "La suscrita Ana Pérez deseó el restablecimiento de la clave de empleador.",
    "Solicito se me entregué una nueva clave de empleador.",
    "Solicito restablecer la clave de empleador.\nFirmó electrónicamente esta carta.",
    "Solicito restablecer la clave de empleador de la empresa que representó.",
    "Solicito el restablecimiento de la clave de empleador. Autorizó el tratamiento de mis datos.",
    "ASUNTO: Cobro de facturas\n\nAgradezco pagar la factura 001-001-000001234.\n\nSolicito restablecer la clave de empleador.",
];

#[test]
fn what_only_speaks_of_passwords_is_no_petition() {
    for text in NO_PETITIONS {
        let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
        assert!(!reading.doubts.is_empty(), "{text}: {:?}", reading.content);
    }
}

#[test]
fn a_petition_may_be_worded_as_people_word_it() {
    let vectors = [
        "Señores\nServicio de claves de empleador\nPresente.-\n\nSolicito que se restablezca la clave de empleador.",
        "Solicito se me restablezca la clave patronal.",
        "Yo, ANA PÉREZ, solicito muy comedidamente, se sirvan restablecer la clave de empleador de mi representada.",
        "Por medio de la presente me permito solicitar la recuperación de la clave de empleador.",
        "Pido a usted, señor Director, se digne disponer el restablecimiento de la clave de acceso de empleador.",
        "Solicito una nueva clave de empleador porque perdí la anterior.",
        "Solicito se me asigne una nueva clave de empleador, por olvido de la clave anterior.",
        "Solicito la generación de una clave nueva de empleador, ya que olvidé la misma.",
        "Pido el reseteo de la contraseña del portal de empleadores de mi representada.",
        "Requiero el cambio de la clave de empleador de la compañía.",
        "Oficio Nº 12-2026\n\nSolicito la reposición de la clave de empleador. Sin otro particular, me despido.",
        "Solicito a usted, de la manera más comedida, se me restablezca la clave de empleador.",
        "Yo, ANA PÉREZ (representante legal), solicito restablecer la clave de empleador.",
        "Solicito restablecer la clave de empleador.\n\nAnexos: nómina y copia de la cédula.",
        "Soy propietaria del negocio y solicito restablecer la clave de empleador.",
        "Ruego al Sr. Director la recuperación de la clave de empleador de CAFÉ CÍA. LTDA.",
        "Señores\nIESS\nPresente\nPor medio de la presente solicito a ustedes el restablecimiento de la clave de empleador de la \
         empresa CAFÉ DE ALTURA CÍA. LTDA. con RUC 1790993949001, porque se me olvidó.\nAtentamente,\nAna Pérez\nGerente",
        "Quito, D.M., 22 de noviembre de 2026\nSeñor Doctor\nDIRECTOR PROVINCIAL\nEn su despacho.-\nDe mi consideración:\n\
         Yo, ANA PÉREZ, portadora de la cédula de ciudadanía No. 175912171-6, en mi calidad de Gerente General y como tal\n\
         representante legal de la compañía CAFÉ S.A., con RUC No. 1790993949001, solicito se restablezca la clave de empleador.",
        "Buenos días, solicito de favor me ayuden a recuperar la clave del empleador de mi empresa con RUC 1790993949001. \
         Quedo atenta a su respuesta.\nSaludos cordiales\nAna Pérez",
        "Reciban un cordial saludo. Por este medio solicito cordialmente su ayuda para restablecer la contraseña de empleador.",
        "Me dirijo a ustedes para solicitar el restablecimiento de la clave de empleador de mi empresa.",
        "Yo, Ana Pérez, C.I. 1759121716, solicito la recuperación de la clave de empleador por olvido involuntario.",
        "Solicito se genere nueva clave de empleador para la empresa con RUC 1790993949001 ya que la persona encargada salió \
         de la empresa.",
        "Soy patrono de una empleada doméstica y solicito recuperar la clave de empleador.",
        "Solicito el restablecimiento de la clave de empleador de mi representada, para lo cual pido que se me envíe el enlace \
         por la vía registrada.",
        "SOLICITO A USTED SE SIRVA RESTABLECER LA CLAVE DE EMPLEADOR DE MI REPRESENTADA.",
        // What stands around it.
        "Solicito restablecer la clave de empleador.\n\nc.c.: Archivo",
        "OFICIO No. CAF-2026-014\nQuito, 22 de noviembre de 2026\nSolicito restablecer la clave de empleador.",
        "Oficio No CAF-014\nSolicito restablecer la clave de empleador.",
        "No.- 014\nSolicito restablecer la clave de empleador.",
        "Señores IESS: Solicito restablecer la clave de empleador. Quedo pendiente de su respuesta.",
        "Solicito restablecer la clave de empleador. Agradeceré confirmar la recepción de esta carta.",
        "Solicito restablecer la clave de empleador. Favor confirmar recepción.",
        "Solicito restablecer la clave de empleador. Esperando que la presente sea atendida favorablemente.",
        "Solicito restablecer la clave de empleador. Esta solicitud fue firmada electrónicamente.",
        "Solicito restablecer la clave de empleador. Afiliados: 5.",
        "CAFÉ S.A. SUCURSAL ECUADOR\nSolicito restablecer la clave de empleador.",
        "INVESTIGACIONES MÉDICAS S.A.\nSolicito restablecer la clave de empleador.",
        // Why it is asked.
        "Solicito restablecer la clave de empleador, ya que no recuerdo la clave anterior.",
        "Solicito restablecer la clave de empleador, ya que no recordamos la clave anterior.",
        "Solicito restablecer la clave de empleador de la empresa con RUC 1790993949001, debido a que no tenemos acceso al portal.",
        "Solicito restablecer la clave de empleador por cuanto el anterior contador ya no labora con nosotros y se llevó la clave.",
        "Solicito restablecer la clave de empleador. Porque la contadora renunció y no dejó la clave.",
        "Solicito restablecer la clave de empleador. Debido a que no recuerdo la clave.",
    ];
    for text in vectors {
        let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
        assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
        let content = reading.content.unwrap();
        assert_eq!(content.action, Action::ResetPassword, "{text}");
    }
}

/// The link goes to the mailbox on file: whoever says that it is lost would send it to whoever has it.
#[test]
fn a_letter_that_gives_up_the_mailbox_on_file_says_so() {
    const ASKED: &str = "Solicito restablecer la clave de empleador";
    for lost in [
        "porque ya no tengo acceso al correo electrónico registrado.",
        "porque el correo registrado no nos llega.",
        "porque no tengo acceso al correo.",
        ", porque no tengo acceso al correo y la contadora anterior ya no trabaja en la empresa.",
        ", porque la contadora anterior ya no trabaja en la empresa y no tengo acceso al correo.",
        "ya que el correo de recuperación no me llega.",
        "ya que ya no disponemos de acceso al correo anterior.",
        ", porque no tengo acceso\nCorreo registrado: gerencia@cafe-ficticio.ec",
        "\nCorreo anterior: gerencia@cafe-ficticio.ec",
        "\nCorreo electrónico anterior: gerencia@cafe-ficticio.ec",
    ] {
        let reading = letter(&format!("{ASKED} {lost}\nRUC: 1790993949001\n"));
        assert!(reading.mailbox_lost, "{lost}: {:?}", reading.doubts);
        assert_eq!(reading.doubts, BTreeSet::new(), "{lost}");
    }
    for kept in [
        "porque no tengo acceso al portal.",
        "porque la contadora anterior ya no trabaja en la empresa.",
        "porque perdí la clave anterior.",
        "\nCorreo registrado: gerencia@cafe-ficticio.ec",
    ] {
        let reading = letter(&format!("{ASKED} {kept}\nRUC: 1790993949001\n"));
        assert!(!reading.mailbox_lost, "{kept}");
        assert_eq!(reading.doubts, BTreeSet::new(), "{kept}");
    }
}

/// Whose paper it is stands above whom it is for.
#[test]
fn a_letterhead_of_the_company_may_stand_above_the_greeting() {
    for head in [
        "CAFÉ S.A.\nRUC 1790993949001\nQuito, 22 de noviembre de 2026\n\nSeñores\nIESS\nPresente\n\nDe mi consideración:",
        "CAFÉ S.A.\nRUC 1790993949001\nTelf. 0990000001\n\nDe mi consideración:",
        "PÉREZ E HIJOS CÍA. LTDA.\nRUC 1790993949001\n\nSeñores IESS\nDe mi consideración:",
        "CAFÉ S.A.\nRUC 1790993949001\nSeñor\nDIRECTOR PROVINCIAL DEL IESS\nPresente\nDe mi consideración:",
    ] {
        let reading = letter(&format!(
            "{head}\nYo, Ana Pérez, Gerente General, solicito restablecer la clave de empleador.\nRUC 1790993949001\nAtentamente,\n\
             Ana Pérez\nGerente General\nSaludos cordiales"
        ));
        assert_eq!(reading.doubts, BTreeSet::new(), "{head}");
    }
}

/// People leave accents out, above all in capitals; where one stands it says what it says.
#[test]
fn accents_that_are_left_out_change_nothing() {
    for text in [
        "SOLICITO EL DESBLOQUEO DE LA CUENTA DE EMPLEADOR PORQUE SE ME OLVIDO LA CLAVE.",
        "Solicito el desbloqueo de la cuenta de empleador porque se me olvidó la clave.",
        "Solicito el desbloqueo de la cuenta de empleador porque perdí la anterior.",
        "Solicito el desbloqueo de la cuenta de empleador porque la contadora renunció y no dejó la clave.",
        "Solicito el desbloqueo de la cuenta de empleador. Este documento está firmado electrónicamente.",
    ] {
        let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
        assert_eq!(reading.doubts, BTreeSet::new(), "{text}");
    }
}

/// A clause among others, or on a page that nobody reads, is no letter.
#[test]
fn a_petition_stands_on_a_first_page_that_is_read_at_a_glance() {
    let clauses = "El contratista llevará la contabilidad de la empresa. ".repeat(45);
    let contract = letter(&format!("{clauses}\n{RESET}"));
    assert!(contract.doubts.contains(&Doubt::LongPage));
    let behind = PageText {
        lines: format!("Acta de junta general.\nSe aprueba el balance.\n\n{RESET}")
            .lines()
            .map(str::to_owned)
            .collect(),
        first_page_lines: 2,
        ..PageText::default()
    };
    assert!(read(&behind, &signers()).doubts.contains(&Doubt::NoAction));
}

/// Whatever can't be listed is closed all the same: a street, a number of an office and a name say nothing else.
#[test]
fn no_place_for_data_lets_a_statement_in() {
    const ASKED: &str = "Solicito restablecer la clave de empleador.\nRUC: 1790993949001";
    for below in [
        "VÍA VENTANILLA RECIBÍ LA COPIA DE LA CARTA DE ANA PÉREZ",
        "EDIFICIO MATRIZ PISO 2 RECIBIDO LA COPIA",
        "EDIFICIO MATRIZ, RECIBIDO",
        "SECTOR CONTABLE NO PIDO CLAVE NUEVA",
        "Vía Amenaza de Muerte del Contador",
        "Mi número de teléfono es 0991234567 y mi dirección es Plaza Inventada para el Curso de Contabilidad",
        "Oficina: Av. Amazonas N24 y Colón RECIBIDO 22 NOV 2026",
        "Dirección: Calle Sucre NO",
        "Dirección: Calle Sucre y NO, 12",
        "Calle Bolívar",
        "Sector 5 SI NO",
    ] {
        let street = letter(&format!("{ASKED}\n{below}"));
        let is_street = below == "Calle Bolívar";
        assert_eq!(street.doubts.is_empty(), is_street, "{below}");
    }
    for above in [
        "CARTA Nro. 2026-0012 NULA",
        "OFICIO Nro. 2026-0012 ROTO",
        "OFICIO Nro. 22112026 NULO FUE MI EX",
        "OFICIO Nro. 22112026 GATO LOCO JOB",
        "OFICIO Nro. 2026-0012 NO",
        "OFICIO Nro. 2026-0012-NO",
        "OFICIO Nro. 2026 NI YO LA VI",
        "OFICIO Nro. 22112026-FUE-MI-EX",
        "OFICIO Nro. MAL-2026",
    ] {
        let code = letter(&format!("{above}\n{ASKED}"));
        assert!(!code.doubts.is_empty(), "{above}");
    }
    // What stands alone is a name as it is written elsewhere, and not a word of it.
    for (line, believed) in [("ALTURA", false), ("CAFÉ DE ALTURA", true)] {
        let reading = letter(&format!(
            "{line}\nSolicito restablecer la clave de empleador de la empresa Café de Altura.\nRUC: 1790993949001"
        ));
        assert_eq!(reading.doubts.is_empty(), believed, "{line}");
    }
}

/// Streets as people write them.
#[test]
fn a_street_is_made_of_known_words_and_numbers() {
    for street in [
        "Av. Amazonas N24-33 y Colón",
        "Av. 10 de Agosto N21-123 y Carrión",
        "Calle Bolívar s/n y Sucre",
        "Av. 12 de Octubre 1942 y Luis Cordero, piso 3, oficina 301",
        "Av. Francisco de Orellana Mz. 5 solar 12",
        "Calle Juan León Mera Oe4-120 entre Veintimilla y Carrión",
        "Vía a la Costa km 14",
        "Cdla. Kennedy, Av. San Jorge 215",
        "Calle Gran Colombia No. 12-34 y Luis Cordero",
    ] {
        let reading = letter(&format!(
            "Solicito restablecer la clave de empleador.\nRUC: 1790993949001\nDirección: {street}"
        ));
        assert_eq!(reading.doubts, BTreeSet::new(), "{street}");
    }
}

/// Boxes to tick and blanks to fill ask for nothing, ticked or not.
#[test]
fn what_is_to_be_ticked_or_filled_in_is_not_asked_for() {
    const ASKED: &str =
        "olicito el restablecimiento de la clave de empleador del RUC 1790993949001";
    for text in [
        "Solicito:\n( ) el restablecimiento de la clave de empleador del RUC 1790993949001"
            .to_owned(),
        format!("( ) S{ASKED}\n( ) Solicito el desbloqueo de la clave de empleador"),
        format!("()S{ASKED}"),
        format!("(\n) S{ASKED}"),
        format!("( x ) S{ASKED}"),
        format!("(-) S{ASKED}"),
        format!("(...) S{ASKED}"),
        format!("[ ] S{ASKED}"),
        format!("___ S{ASKED}"),
        format!("_ S{ASKED}"),
        format!("... S{ASKED}"),
        format!(". . . S{ASKED}"),
        format!("--- S{ASKED}"),
        format!("- - - S{ASKED}"),
        format!("*** S{ASKED}"),
        format!("____________\nAna Pérez solicita.\nS{ASKED}"),
        format!("____________\nS{ASKED}\nAna Pérez"),
        format!("_____\nAna Pérez\nS{ASKED}"),
        format!("Yo, Ana Pérez, ........., s{ASKED}"),
    ] {
        assert!(!letter(&text).doubts.is_empty(), "{text}");
    }
    for text in [
        format!("- S{ASKED}"),
        format!("• S{ASKED}."),
        format!("S{ASKED}\nAtentamente,\n\n____________\nIng. Ana Pérez\nGerente"),
        format!("S{ASKED}\nAtentamente,\n____________\n\nAna Pérez"),
        format!("Señores\nIESS\nPresente.-\n\nS{ASKED}."),
        format!("Yo, Ana Pérez (representante legal), s{ASKED}."),
    ] {
        assert_eq!(letter(&text).doubts, BTreeSet::new(), "{text}");
    }
}

/// Where a paragraph ends a sentence ends: what stands apart is read apart.
#[test]
fn no_sentence_goes_on_in_another_paragraph() {
    for parted in [
        "Por cuanto el contador anterior\n\nYa no\n\nlabora en la empresa,\n\nsolicito restablecer la clave de empleador.",
        "Ya no\n\nsolicito restablecer la clave de empleador.",
        "Solicito\n\nrestablecer la clave de empleador.",
        "Solicito que:\n\nse\n\nrestablezca la clave de empleador.",
    ] {
        let reading = letter(&format!("{parted}\n\nRUC: 1790993949001\n"));
        assert!(reading.doubts.contains(&Doubt::Unfamiliar), "{parted}");
    }
    let announced =
        letter("Solicito:\n\nRestablecer la clave de empleador.\n\nRUC: 1790993949001\n");
    assert_eq!(announced.doubts, BTreeSet::new());
}

/// Whatever stands behind the page that asks, a person reads.
#[test]
fn a_letter_has_one_page() {
    let with = |annex: &str| {
        let text = PageText {
            lines: format!("{RESET}\n{annex}")
                .lines()
                .map(str::to_owned)
                .collect(),
            first_page_lines: RESET.lines().count() + 1,
            ..PageText::default()
        };
        read(&text, &signers()).doubts
    };
    assert_eq!(with("\n\n"), BTreeSet::new());
    for more in [
        "Anexo 1\nRegistro 01-000: sin novedades en el período.",
        "ADVERTENCIA\n\nLas dos hojas carecen de valor legal.",
        "Copia para el expediente.",
        "Tarea de computación. Calificación: 9/10.",
        ".",
    ] {
        assert_eq!(with(more).len(), 1, "{more}: {:?}", with(more));
    }
}

/// Names are those of who signed: initials and academic titles beside them, but nobody else's.
#[test]
fn a_letter_is_of_who_signed_it() {
    let by = |name: &str| {
        letter(&format!(
            "Yo, {name}, solicito restablecer la clave de empleador.\nRUC: 1790993949001\nAtentamente,\n{name}"
        ))
    };
    for own in [
        "Ana Pérez",
        "ANA PEREZ",
        "Ing. Ana P.",
        "Pérez Ana",
        "Lucía E. Ñauta C.",
        "Dra. Lucía Estefanía Ñauta, MBA",
    ] {
        assert_eq!(by(own).doubts, BTreeSet::new(), "{own}");
    }
    for other in [
        "Juan Pérez",
        "Ana de Juan",
        "Ana Pérez y Juan",
        "Ana J. Pérez",
        "A. P.",
    ] {
        assert!(by(other).doubts.contains(&Doubt::Unfamiliar), "{other}");
    }
    // The name of a person's business is compared with nothing: it stands alone only where it was named.
    for (line, believed) in [("COPIA S.A.", false), ("CAFÉ S.A.", true)] {
        let reading = letter(&format!(
            "{line}\nSolicito restablecer la clave de empleador de la empresa CAFÉ S.A.\nRUC: 1759121716001\nTelf. 0990000001"
        ));
        assert_eq!(reading.doubts.is_empty(), believed, "{line}");
    }
    let nobody = PageText {
        lines: RESET.lines().map(str::to_owned).collect(),
        ..PageText::default()
    };
    assert!(read(&nobody, &[]).doubts.contains(&Doubt::Unfamiliar));
}

#[test]
fn a_branch_counts_where_it_is_asked_for() {
    const ASKED: &str = "Solicito restablecer la clave de empleador";
    let named = [
        (format!("{ASKED}, sucursal 2."), "0002"),
        (format!("{ASKED} del establecimiento 002."), "0002"),
        (format!("{ASKED} de la sucursal No. 0002."), "0002"),
        (format!("Sucursal: 0002\n{ASKED}."), "0002"),
        (format!("- Código de sucursal: 2\n{ASKED}."), "0002"),
        (format!("Establecimiento: 001\n{ASKED}."), "0001"),
        (format!("{ASKED} de la sucursal matriz."), "0001"),
        (format!("{ASKED} de mi establecimiento."), "0001"),
        (
            format!(
                "1. {ASKED} de mi establecimiento\n2. Que el enlace se envíe al correo registrado."
            ),
            "0001",
        ),
    ];
    for (text, code) in named {
        let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
        assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
        assert_eq!(reading.content.unwrap().branch.as_str(), code, "{text}");
    }
    for text in [
        format!(
            "CADENA S.A.\nMatriz: Quito, Av. Amazonas 100. Sucursal 2: Guayaquil, Calle Sucre 5.\n\n{ASKED}."
        ),
        format!("Sucursal 2 Guayaquil\n\n{ASKED}."),
        format!("{ASKED}.\nEstablecimiento 002 Guayaquil"),
        format!("{ASKED}.\nAgencia 3, Cuenca"),
        format!("{ASKED}.\nMatriz y sucursal Quito"),
        format!("{ASKED}, sucursal 2.\nSucursal: 0003"),
        format!("{ASKED} de las sucursales 2 y 3."),
    ] {
        let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
        assert!(!reading.doubts.is_empty(), "{text}: {:?}", reading.content);
    }
}

#[test]
fn the_company_that_a_petition_names_is_told() {
    let vectors: [(&str, &[&str]); 5] = [
        (
            "Solicito restablecer la clave de empleador de la empresa OTRA COMPAÑÍA S.A.",
            &["OTRA COMPANIA S A"],
        ),
        (
            "Yo, Ana Pérez, gerente de Café de Altura Cía. Ltda., solicito restablecer la clave de empleador.",
            &["Cafe de Altura Cia Ltda"],
        ),
        (
            "Solicito restablecer la clave de empleador de la empresa Café de Altura, RUC 1790993949001.",
            &["Cafe de Altura"],
        ),
        (
            "Solicito restablecer la clave de empleador de la empresa con RUC 1790993949001.",
            &[],
        ),
        (
            "Café de Altura Cía. Ltda.\n\nSolicito restablecer la clave de empleador de mi representada.",
            &["Cafe de Altura Cia Ltda"],
        ),
    ];
    for (text, companies) in vectors {
        let reading = letter(&format!("{text}\nRUC: 1790993949001\n"));
        assert_eq!(reading.companies, companies, "{text}");
        assert!(reading.doubts.is_empty(), "{text}: {:?}", reading.doubts);
    }
}

/// Whoever has a certificate may send megabytes of it: what is read is short, and read once.
#[test]
fn a_text_without_end_is_not_read() {
    for word in [
        "pido ",
        "a@b.ec ",
        "sucursal ",
        "solicito que el ",
        "\u{ab}pido: ",
        "para solicitar ",
        "A de ",
        "de la ",
        "Solicito restablecer la clave de empleador de la empresa A de ",
    ] {
        let reading = letter(&word.repeat(2_000_000));
        assert!(reading.doubts.contains(&Doubt::TooLong), "{word}");
        let reading = letter(&word.repeat(199_000 / word.len()));
        assert!(!reading.doubts.is_empty(), "{word}");
    }
    // On a page that is not too long, words that may be put together in every way.
    for word in [
        "gerente\n",
        "Ana\n",
        "Ana, ",
        "CAFE\n",
        "favor ",
        "yo gerente ",
    ] {
        let started = std::time::Instant::now();
        let reading = letter(&word.repeat(299));
        assert!(!reading.doubts.is_empty(), "{word}");
        assert!(started.elapsed().as_secs() < 20, "{word}");
    }
}

#[test]
fn a_ruc_may_be_written_with_its_establishment_apart() {
    for written in ["1790993949 001", "1790993949-001", "RUC1790993949001"] {
        let reading = letter(&RESET.replace("1790993949001", written));
        assert!(reading.doubts.is_empty(), "{written}: {:?}", reading.doubts);
    }
    for other in ["179099394 9001", "1790993949 0011", "1790993949/01"] {
        let reading = letter(&RESET.replace("1790993949001", other));
        assert!(reading.doubts.contains(&Doubt::NoRuc), "{other}");
    }
}

#[test]
fn every_address_is_read_however_it_is_set() {
    // Ligatures as word processors put them into a page.
    let reading = letter(&format!(
        "{RESET}Envíen el enlace a o\u{fb01}cina@empresa.ec"
    ));
    assert_eq!(reading.emails[0].as_str(), "oficina@empresa.ec");
    for set in ["'a@b.ec'", "“a@b.ec”", "[a@b.ec]", "a@b.ec/otro", "a@b.ec."] {
        let reading = letter(&format!("{RESET}Envíen el enlace a {set}"));
        assert_eq!(reading.emails[0].as_str(), "a@b.ec", "{set}");
    }
}

#[test]
fn the_new_address_is_the_one_called_new() {
    let reading = letter(
        "Asunto: Actualización de correo electrónico\nRUC: 1790993949001\n\
         Correo anterior: viejo@empresa.ec\nNuevo correo electrónico: nomina.nueva@empresa.ec.\n",
    );
    assert!(reading.doubts.is_empty(), "{:?}", reading.doubts);
    assert_eq!(
        reading.content.unwrap().new_email.unwrap().as_str(),
        "nomina.nueva@empresa.ec"
    );
    assert_eq!(reading.emails.len(), 2);
}

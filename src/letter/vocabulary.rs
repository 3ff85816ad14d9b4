//! The words of letters: which may stand where in a sentence that asks, and which make a person read. Spanish of Ecuador without
//! accents, in small letters, sorted. What they mean for a sentence is said in [`super::sentence`].

/// Who asks, in the first person and now: «solicitamos» may be what was asked last year.
pub(super) const REQUESTS: &str = "pido requiero ruego solicito";
/// «me permito solicitar», «deseo pedir»: the verb behind these asks too.
pub(super) const WISHES: &str =
    "permito permitimos quiero queremos deseo deseamos quisiera quisieramos";
pub(super) const REQUESTS_BEHIND_WISHES: &str = "solicitar solicitarles pedir pedirles";
/// «me dirijo a ustedes para solicitar»: so does the verb behind these, and «para».
pub(super) const COMES: &str = "acudimos acudo comparecemos comparezco dirigimos dirijo";
/// What may stand before the verb besides names and numbers: greeting, who asks, in which quality, for whom, and by which paper.
pub(super) const BEFORE: &str = "& ' ( ) , - . / ° a abajo abg abogada abogado actual acudimos acudo administrador administradora ante \
     apoderada apoderado arquitecta arquitecto atenta atentamente atento autoridades buen buenas buenos c calidad cargo casada \
     casado cc cedula ci cia ciudad ciudadana ciudadania ciudadano comedida comedidamente comedido como compania comparecemos \
     comparezco con consideracion consideraciones continuacion cordial cordiales cordialmente corresponda cuenta d de debidamente \
     del derechos dia dias digital directivo director directora dirigimos dirijo distinguidas distinguidos divorciada divorciado \
     doctor doctora domestica domiciliada domiciliado domicilio dr dra duena dueno e econ ecuatoriana ecuatoriano edad ejecutiva \
     ejecutivo el electronica electronico empleada empleador empleadora empresa en encargada encargado entidad especial estado \
     este estimada estimadas estimado estimados expreso extiendo favor firmante fundacion general gerenta gerente gobierno hacer \
     hago hogar i identidad identifica identificacion identificada identificado iess infrascrita infrascrito ing ingeniera \
     ingeniero institucion instituto la las legal legales legalmente les lic licenciada licenciado liquidador liquidadora lo los \
     ltda m mayor me mediante medio mi mis muy n natural negocio no nombre nos nosotros nro nuestra nuestro numero ocupacion \
     oficio pasaporte patrona patrono persona por portador portadora presente presidenta presidente principal profesion propia \
     propietaria propietario propio propios provincia que quien r razon reciba reciban representacion representada representante \
     representantes respetuosa respetuosamente respetuoso ruc s sa saludo saludos sas se senor senora senores senorita social \
     sociedad solicitud soltera soltero soy sr sra sres srta sus suscribe suscrita suscrito tal tardes titular trabajadora u ud \
     uds un una unipersonal usted ustedes viuda viudo y yo ª º";
/// Words of a greeting: a colon behind them lets nobody else speak.
pub(super) const GREETS: &str = "a consideracion consideraciones cordial corresponda de del director directora distinguida distinguidas distinguido \
     distinguidos dr dra el estimada estimadas estimado estimados general iess ing interese la los mi mia mis muy nacional nuestra \
     provincial quien respetada respetado respetados saludo saludos senor senora senores sr sra sres su un";
/// Labels of a letter's data, as companies name them. Behind any other a text may be told.
pub(super) const DATA: &str = "# ( ) - . / 1 2 3 4 5 ° a actividad adjunta adjuntas adjunto adjuntos afiliados al anexa anexo anexos \
     asunto atencion c cargo casilla cc cedula cel celular ci ciudad codigo comercial compania contacto copia correo d datos de \
     del direccion domicilio e el electronica electronico email empleador empleadora empresa establecimiento expediente ext fax \
     fecha firma fono i identidad identificacion la legal lugar m mail matriz motivo movil n no nombre nombres nro num numero o \
     objeto oficina oficio pagina para patronal pedido peticion principal r razon ref referencia registrado registro \
     representante ruc social solicitante solicitud sucursal tel telefono telefonos telf tema tlf trabajadores tramite u web y º";
/// What may stand behind what is asked, besides names of whom it is for: whose account it is, and where answers go.
pub(super) const BEHIND: &str = "& ( ) , - . / ; ° a acceder acceso actual al anexo anterior antes c cc cedula celular ci cia ciudad \
     ciudadania codigo como compania con correo corresponde correspondiente cual cuenta cumplir de del direccion domicilio e el \
     electronico email empleador empleadores empresa en enlace entidad envie envien establecimiento estado favor fundacion \
     gracias historia i identidad identificacion identificada iess indicada ingresar ingreso institucion instituto la laboral las \
     linea lo local los ltda matriz me mencionada mi mis misma n negocio no nombre nro nuestra nuestro nuestros numero \
     obligaciones oficina pagina para patronal patronales pertenece perteneciente pido plataforma poder por portal presente \
     principal que r razon registrada registrado representada ruc s sa sas se senalada sistema social sociedad su sucursal \
     telefono u usuario via web y";
/// What a reason begins with, and what it may be made of.
pub(super) const GIVES_REASON: &str =
    "cambio causa cuanto debido extravio motivo olvido perdida porque puesto razon ya";
pub(super) const OF_REASON: &str = "acceso actualmente administracion administrador administradora ahora anterior aqui cambio clave \
     computador computadora contador contadora contrasena cual dejaron dejo dicha dispone disponemos dispongo empleada empleado \
     encargaba encargada encargado equipo extravio ha han haya he hemos involuntaria involuntariamente involuntario labora \
     laboran lamentablemente legal llega llegan llevo motivos nombramiento nosotros nueva nuevo olvido parte perdida persona \
     personal querer recordamos recuerda recuerdan recuerdo renuncio representante salida salio secretaria sido tenemos tengo \
     tiempo tiene tienen trabaja trabajan uso";
/// Words behind which a name may begin, of what the account belongs to: «de la empresa CAFÉ S.A.», and no person to give it to.
pub(super) const OWNS: &str =
    "compania corporacion de del denominada empresa fundacion institucion negocio social sociedad";
/// What stands between the words of a name.
pub(super) const LINKS: &str = "& ' - . de del e la las los y";
/// Words for a company whose name follows.
pub(super) const COMPANIES: &str =
    "compania corporacion denominada empresa fundacion institucion negocio sociedad";
/// Words that are no names, however they are written.
pub(super) const NO_NAMES: &str =
    "como cual cuando cuyo donde eso esta este esto lo no que quien se segun si sin";
/// Beginnings of a line that begin a sentence, when they are written with a capital and small letters.
pub(super) const OPENS: &str = "adjunto agradecemos agradeciendo agradezco ante anticipo atentamente atte autorizo buenas buenos con cordiales \
     cordialmente declaro el en esperando espero estimada estimado estimados favor firmo gracias la los me mediante mi nosotros para pido \
     por presente quedo quien reciba reciban requiero ruego saludos sin solicito soy su yo";
/// Words for this letter, and what it asks.
pub(super) const LETTERS: &str = "carta comunicacion documento escrito eso esta este esto lo oficio pedido peticion solicitud todo tramite";
/// Labels of what a letter is about.
pub(super) const SUBJECTS: &str = "asunto motivo objeto tema";
/// What may stand between asking and what is asked: courtesy, and nothing that turns it.
pub(super) const COURTESY: &str = ", . a abg al atentamente autoridad ayuda ayudar ayude ayuden colaboracion comedida comedidamente compania con \
     cordial cordialmente corresponda de del digne dignen dignidad director directora disponer disponga dispongan dr \
     dra efectuar efectue efectuen el empresa en expresamente favor forma formal formalmente gentil gentilmente \
     gestion gestionar gestione gestionen ing inmediata inmediatamente inmediato la las le les lic los manera mas me \
     mi muy nos nuestra nuestro para por presente proceda procedan proceder procedimiento proceso que quien realice \
     realicen realizar representada respetuosa respetuosamente ruc se senor senora senores sirva sirvan sr sra srta \
     su tramite ud uds un una urgente urgentemente usted ustedes";
/// Nouns and verbs of a new password for an old one.
pub(super) const RENEWS: &str = "cambiar cambie cambien cambio recuperacion recuperar recupere reinicie reinicien reiniciar reinicio reposicion \
     resetee reseteen resetear reseteo restablecer restableciendo restablecimiento restablezca restablezcan \
     restitucion restituir restituya restituyan";
/// Those of all that are nouns.
pub(super) const NOUNS: &str = "asignacion cambio creacion desbloqueo emision entrega generacion otorgamiento recuperacion reinicio reposicion \
     reseteo restablecimiento restitucion";
/// Nouns and verbs that ask for a password, provided that it is called new.
pub(super) const GIVES: &str = "asignacion asignar asigne asignen creacion crear cree creen emision emita emitan emitir entrega entregar \
     entregue entreguen generacion generar genere generen otorgamiento otorgar otorgue otorguen";
/// Nouns and verbs of an account that is opened again.
pub(super) const UNBLOCKS: &str = "desbloquear desbloquee desbloqueen desbloqueo";
/// What a petition may be called before it is named.
pub(super) const CALLED: &str = "solicitud peticion pedido tramite de del la el para";
/// Labels behind which a petition is named.
pub(super) const LABELS: &str =
    "asunto motivo objeto pedido peticion ref referencia solicitud tema tramite";
pub(super) const ARTICLES: &str = "de del dicha el la los mi nuestra su un una misma";
pub(super) const NEW: &str = "nueva nuevo";
pub(super) const PASSWORDS: &str = "clave contrasena password";
pub(super) const ACCOUNTS: &str = "acceso clave contrasena cuenta usuario";
/// What may stand between the password and whose it is.
pub(super) const BELONGS: &str = "a acceso actual al anterior como de del el en iess la linea mi nuestra nueva olvidada perdida portal sistema su \
     usuario";
/// The employer's own: an affiliate, a bank and the tax office give passwords too.
pub(super) const EMPLOYERS: &str = "empleador empleadora empleadores patronal patronales";
/// Verbs that ask for the petition itself that stands beside them.
pub(super) const TENDS: &str = "atender atienda atiendan dar procesar tramitar tramiten";
/// What may follow the petition that is to be tended, so that it is this one.
pub(super) const OF_MATTERS: &str = "a adjunta adjunto antedicho asunto de del descrita descrito el en esta este indicada indicado la mencionada \
     mencionado mi pedido peticion presente referencia referida referido requerimiento senalada senalado solicitud \
     tramite";
/// What may follow what is asked: whose it is, and why. Anything else may turn it into something else.
pub(super) const FOLLOWS: &str =
    ". , ; con correspondiente de debido del en para perteneciente por porque puesto ya";
/// Marks behind which somebody else may speak.
pub(super) const SPEAKS: &str = "‘ ’ ' ` – —";
pub(super) const MATTERS: &str = "tramite solicitud peticion pedido requerimiento";
/// Why somebody needs a new password, and what it may be said of.
pub(super) const REASONS: &str = "olvid perd extravi";
/// What is said of reasons that forget nothing: who should.
pub(super) const NO_REASONS: &str = "olvidar olviden olvidense olvidese pierdan";
pub(super) const OF_REASONS: &str =
    "actual anterior clave contrasena de del dicha empleador la mi misma nuestra patronal";

/// What a reason begins with that may deny something: «ya que no recuerdo la clave».
pub(super) const BECAUSE: &str = "causa cuanto debido motivo porque puesto razon ya";
/// What is denied in reasons, with what may stand behind it.
pub(super) const DENIED: [(&str, &str); 6] = [
    (
        "recordamos recuerda recuerdan recuerdo",
        ". , ; actual anterior cual dicha la mi nuestra",
    ),
    ("tenemos tengo tiene tienen", "acceso"),
    ("dispone disponemos dispongo", "de"),
    (
        "labora laboran trabaja trabajan",
        ". , ; aqui con en para y",
    ),
    ("dejaron dejo", "dicha la las nos"),
    ("llega llegan", ". , ; al el"),
];

/// Whom a letter is addressed to may be called after what it does: «Servicio de claves de empleador».
pub(super) const ADDRESSEES: &str = "area departamento direccion jefatura mesa oficina seccion servicio servicios unidad ventanilla";
pub(super) const OF_ADDRESSEES: &str =
    "acceso clave claves de del empleador empleadores la las patronal patronales";

/// Words that make a person read: what denies, forbids, sets a condition, puts off, pretends or was forced. Also words of other
/// languages that do: whoever signs what they can't read, and whoever reads what they can't.
pub(super) const AGAINST: &str = "? ¿ acaso aguarden arroba aunque below broma chiste cuando despues do does draft escribia escribieron escribio \
     esperar esperarme espere esperen esperenme esperense evento eventualmente example excepto falsa falso fue fueron fuerza fuerzas hasta \
     if ilustrativo is jamas leccion luego mana manan mientras modelo modelos muestra muestras nadie negamos nego never ni niega ningun \
     ninguna ninguno not nunca only pendiente pero quede queden request robada robado robaron robo salvo sample sea sean si siempre sino \
     solamente solo tampoco tercero terceros test text the this unicamente unless until vez when";
/// Behind «sin» the same: who did not agree to something, and what has no effect.
pub(super) const WITHOUT: &str = "autorizacion conocimiento consentimiento efecto estar haber haberla haberlo mi mis nuestra nuestro pedirlo permiso \
     que ser su sus validez valor";
/// The same by their stems; also what is told of somebody else's words, and of passwords that others give.
pub(super) const AGAINST_STEMS: &str = "abst afiliad aleg amenaz anul aplac aplaz archiv arrepent arrepient banca banco bloque borr cancel capacita \
     chantaj coacc coerc condicion confirm demor denunc descart descono desech desist desment desmient destru deten dij ejempl engan ensay \
     entrenam estaf evit extors falsific ficcion fing fingi formato forz fraud ignor ilegal imped impid impugn indebid invalid investig \
     mentir mient negad negam negar negat negue obligad obligan obligar obligo omis omit opon opong opus plantill pospon pospues posterg \
     presion presunt prohib proxim rechac rechaz rehus rentas retir retract revers revier revoc revoq secuestr simulac sospech sri suplant \
     supuest suspen sustra usurp";
/// Stems that name a password or what is done to it, wherever they stand.
pub(super) const LOADED_STEMS: &str = "clave contrasen desbloque entreg olvid password recuper reinici resete restablec restablez restitu";
/// Endings of what several people are told to do with it: «envíenla a mi contador».
pub(super) const ORDERS: &str =
    "nla nlas nlo nlos nmela nmelo nosla noslo nsela nselas nselo nselos";

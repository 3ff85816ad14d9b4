//! What an ordinary letter may say: Spanish of Ecuador without accents, in small letters, in the notation of [`super::shape`]. A first
//! page that is made of these shapes, and of nothing else, is what it seems to be; any other one is read by a person.
//!
//! A shape belongs here when no letter made of it and of the others is anything but a petition of who signs it. So a word is never let
//! in alone: whoever may put words together says what they like. What is told of others, put off, denied, or tied to a condition has
//! no shape.

/// Pieces, from the smallest to sentences.
pub(super) const PIECES: &str = r#"
month: enero/febrero/marzo/abril/mayo/junio/julio/agosto/septiembre/setiembre/octubre/noviembre/diciembre
date: [lunes/martes/miercoles/jueves/viernes/sabado/domingo] {number} [dias] [de/del] [mes] [de] <month> [de/del] [ano] {number}
  | <month> {number} [de/del] {number} | {number} {number} {number}
place: [la] [ciudad] [de] {place} [d m] [provincia de {place} | provincia del {place} | {place}] [ecuador]
no: no/nro/num/numero/n [o]
of-identity: de ciudadania | de identidad | de identidad y ciudadania | ciudadania | identidad
cedula: [numero de] ( cedula [<of-identity>] | c c | c i | ci | cc ) [<no>] {cedula} | numero de cedula {cedula}
ruc: [numero] [de] ( ruc | r u c | registro unico de contribuyentes [ruc] ) [<no>] {ruc}
title: ing/lic/lcdo/lcda/dr/dra/abg/ab/econ/eco/arq/tlgo/tlga/psic/ingeniero/ingeniera/licenciado
  | licenciada/doctor/doctora/abogado/abogada/economista/arquitecto/arquitecta/mgs/mgtr/msc/mba/phd/cpa
named: ( <title> )* {person} ( <title> )*
one-post: [la/el] ( gerente/gerenta
  [general/financiero/financiera/administrativo/administrativa/propietario/propietaria/encargado/encargada]
  | presidente/presidenta [ejecutivo/ejecutiva] | vicepresidente/vicepresidenta [ejecutivo/ejecutiva] | director/directora
  [ejecutivo/ejecutiva/general]
  | representante legal | representante | administrador/administradora [general] | liquidador/liquidadora [principal] |
  propietario/propietaria
  | dueno/duena | patrono/patrona | empleador/empleadora | titular | apoderado/apoderada [especial/general] | socio/socia
  gerente/administrador )
  [e | encargado | encargada | subrogante | {email}]
post: <one-post> ( [y/e/o] [como tal] [su] <one-post> )*
firm: empresa/compania/sociedad/corporacion/fundacion/institucion/entidad/negocio/representada/local
q: «/“/”/»/"/'
company: [<q>] {company} [<q>] [sucursal ecuador]
same-firm: que se identifica a continuacion | que represento | en mencion | mencionada | antes mencionada | indicada | antes indicada
a-firm: [la/el/mi/nuestra/nuestro/una] <firm> [denominada] [<company>] [<same-firm>] | <company>
of-firm: de <a-firm> | del negocio | del <firm> [denominado] [<company>]
portal: [el/al/del] portal/sistema/sitio/plataforma/pagina/modulo [web] [de] [la] [historia laboral] [de/del/para] [los]
  [empleador/empleadores/iess]
  [del iess] | iess [en linea]
iess: iess | instituto ecuatoriano de seguridad social [iess]
about: [portador/portadora/titular/identificado/identificada/poseedor/poseedora] [con/de] [la/mi] <cedula> | [y] en [mi]
  [calidad/condicion] [de] <post> [<of-firm>]
  | [y] como <post> [<of-firm>] | [y] <post> [<of-firm>] | [con/de] <ruc> | mayor de edad |
  soltero/soltera/casado/casada/divorciado/divorciada/viudo/viuda
  | [de] [nacionalidad] ecuatoriano/ecuatoriana | [y] [con] domiciliado/domiciliada/domicilio en <place> | por mis propios [y
  personales] derechos
  | a quien represento | en representacion <of-firm> | [y] representante legal <of-firm> | [con] correo [electronico] {email} | de <place>
who: ( [yo] [el/la] [suscrito/suscrita/infrascrito/infrascrita/abajo] [firmante] <named> | yo | quien suscribe [<named>] | el suscrito |
  la suscrita )
  ( <about> )*
i-am: soy <post> ( <of-firm> | de una empleada domestica | de un empleado domestico | de una trabajadora del hogar | [con] <ruc> )* [y]
heart: comedidamente/respetuosamente/cordialmente/atentamente/formalmente/gentilmente/encarecidamente/expresamente
you: a usted/ustedes/ud/uds | a su autoridad | a [el/la/los] sr/sra/senor/senora/senores [director/directora] | al sr/senor
  [director/directora] | a quien corresponda
soft: [de] [la] [manera] [mas] [muy] <heart> | de la manera mas comedida/cordial/atenta/respetuosa/formal | de manera
  comedida/cordial/atenta/respetuosa/formal
  | [por/de] favor | con [el] [debido] respeto | de forma urgente | urgente | inmediata | inmediatamente | unicamente
opening: por [medio de] la presente | por este medio | mediante la presente | mediante este medio/oficio | a traves de la presente | por
  medio del presente [oficio]
  | ante usted/ustedes | a traves del presente | con un cordial saludo | <soft>
asking: solicitar/solicitarle/solicitarles/pedir/pedirle/pedirles/requerir
asks: solicito/solicitamos/pido/pedimos/requiero/requerimos/ruego/rogamos/necesito/necesitamos
  | me permito/permitimos <asking> | nos permitimos <asking> | deseo/deseamos/quiero/queremos/quisiera/quisieramos [<asking>]
  | ( me dirijo | nos dirigimos | acudo | acudimos | comparezco | comparecemos ) ( <soft> | <you> | ante usted | ante ustedes )* ( para
  <asking> | a fin de <asking> | y solicito )
  | la presente tiene por/como objeto/finalidad <asking>
mid: que | se [me/nos] | me/nos |
  sirva/sirvan/digne/dignen/disponga/dispongan/ordene/ordenen/autorice/autoricen/proceda/procedan/gestione/gestionen/realice
  | realicen/efectue/efectuen/ayude/ayuden | disponer/ordenar/autorizar/gestionar/realizar/efectuar/proceder/ayudarme/ayudarnos | a |
  con | en
  | el/al tramite de | la gestion de | su [gentil/valiosa/amable] ayuda/colaboracion/gestion/autorizacion [para/con/en] | <soft> | <you>
  | su autoridad
  | sr/senor/senora director/directora
renewal: restablecimiento/recuperacion/reinicio/reposicion/reseteo/restitucion/cambio/renovacion
renew:
  restablecer/restablezca/restablezcan/recuperar/recupere/recuperen/reiniciar/reinicie/reinicien/resetear/resetee/reseteen/restituir/restituya/restituyan
  | cambiar/cambie/cambien/reponer/reponga/repongan
giving: asignacion/creacion/emision/entrega/generacion/otorgamiento
give:
  asignar/asigne/asignen/crear/cree/creen/emitir/emita/emitan/entregar/entregue/entreguen/generar/genere/generen/otorgar/otorgue/otorguen
unblock: desbloquear/desbloquee/desbloqueen
art: la/el/mi/nuestra/dicha/una/un/su
word-of: clave/contrasena/password
employer: [de] [acceso/usuario/ingreso] [iess] [de/del/al/para/como] [<portal>] [de/del/para/como] [el/los]
  empleador/empleadora/empleadores/patronal/patronales
password: [<art>] [<art>] [actual/anterior] <word-of> [actual/anterior/nueva/olvidada/perdida] <employer>
new-password: [<art>] nueva <word-of> <employer> | [<art>] <word-of> nueva <employer>
account: [<art>] [usuario y] cuenta/clave/usuario/contrasena/acceso [y clave] <employer>
a-reset: [<art>] <renewal> [de/del] <password> | [<art>] <renewal> de <new-password> | [<art>] <renewal> de usuario y <password>
  | <renew> <password> | <renew> usuario y <password> | [<art>] <giving> de <new-password> | <give> <new-password> | <new-password>
an-unblocking: [<art>] desbloqueo [de/del] <account> | [<art>] desbloqueo y [<art>] <renewal> [de/del] <account> | <unblock> <account>
  | <unblock> y <renew> <account> | <renew> y <unblock> <account> | [<art>] <renewal> y [<art>] desbloqueo [de/del] <account>
on-file: registrado/registrada/vigente/actual/anterior
a-change: [<art>] actualizacion/cambio/modificacion [de/del] [mi/nuestro/el] [nuevo] correo [electronico] [<on-file>]
  | actualizar/actualice/actualicen/cambiar/cambie/cambien/modificar/modifique [el/mi/nuestro] correo [electronico] [<on-file>]
branch: sucursal/establecimiento [codigo] [<no>] {number}
whose: [que] [corresponde/correspondiente/perteneciente/pertenece] ( <of-firm> | a <a-firm> ) | para <a-firm> | ( [con/de/del] |
  correspondiente al | perteneciente al | que corresponde al ) <ruc>
  | [con/de] [la/mi] <cedula> | [de] [la] <branch> | del <branch> | [de] [la] sucursal matriz | de mi establecimiento | matriz
  | [del] <portal> | del <iess> | de <iess> | para [poder] [el] acceso/acceder/ingresar/ingreso a/al <portal> | para [poder] cumplir
  [con] [mis/nuestras/las] obligaciones patronales
  | [con] correo [electronico] [registrado] {email} | antes indicada | antes mencionada
its-password: [la/mi/nuestra/dicha] ( clave | contrasena ) [actual/anterior] [de/del] [acceso] [empleador/patronal] | la misma | la
  anterior
forgot: olvide/olvidamos/perdi/perdimos/extravie/extraviamos | he/hemos olvidado/perdido/extraviado
lost: olvidado/olvidada/perdido/perdida/extraviado/extraviada
mailbox: [el/al/del] [mi/nuestro] correo [electronico] [registrado/anterior] [de recuperacion]
out-of-reach: no tengo/tenemos/dispongo/disponemos [de] acceso [a] <mailbox> | <mailbox> no [me/nos] llega
old-mailbox: [mi/nuestro/el] correo/email/mail/e [electronico/mail] [registrado] anterior [electronico] [es] {email}
lost-mailbox: <out-of-reach> | <old-mailbox>
former: [el/la] [anterior] contador/contadora/persona/encargado/encargada/secretaria/asistente/empleado/empleada [anterior]
  [encargada/encargado] [que la manejaba]
gone: ya no labora/trabaja [aqui] [con nosotros | en la empresa | para la empresa | en la compania] | salio de la empresa | renuncio |
  se retiro [de la empresa]
  | dejo de laborar/trabajar [con nosotros | en la empresa]
kept: y [se] llevo [<its-password>] | y no [nos] dejo/entrego [<its-password>]
why: [lamentablemente] [involuntariamente] ( [se] [me/nos] [ha] olvido/olvidado [<its-password>] | <forgot> [involuntariamente]
  [<its-password>]
  | no recuerdo/recordamos [<its-password>] | [ya] no tengo/tenemos/dispongo/disponemos [de] acceso [a] [<portal>]
  | [<its-password>] ( ha sido | fue | se ha | se encuentra ) <lost> | [<its-password>] se perdio/extravio/olvido | <former> <gone>
  [<kept>] | [ya] <out-of-reach>
  | la cuenta se bloqueo | [la cual] se encuentra bloqueada [por intentos fallidos] )
because: porque | ya que | debido a que | por cuanto | puesto que | dado que | toda vez que | en vista de que | en razon de que | por
  motivo de que | por razon de que
loss: olvido/perdida/extravio [involuntario/involuntaria] [de] [<its-password>] | cambio de contador/contadora/personal
reason: <because> <why> | ( por | debido a | debido al | a causa de | por motivo de | por motivos de ) ( [el/la/un] <loss> | haber
  olvidado/perdido/extraviado [<its-password>] ) | la cual <why>
link: [el/la] enlace/clave/link/respuesta [nueva]
delivery: [para lo cual] [y] [pido/solicito] [que] se [me/nos] envie <link> ( [por la via registrada] | a/al [mi/nuestro] correo
  [electronico] [registrado] [{email}] )
tail: ( <whose> | <reason> | <delivery> | <soft> )*
ask: [<i-am>] [<who>] ( <opening> )* [<who>] [<i-am>] ( <opening> )* <asks> ( <mid> )*
matter: [el/la/al/a] [presente] tramite/solicitud/peticion/pedido
  [indicado/indicada/adjunto/adjunta/descrito/descrita/mencionado/mencionada | de la referencia | del asunto] [arriba]
called: [solicitud/peticion/pedido/tramite] [de/del/para]
label: asunto/ref/referencia/motivo/objeto/tema/tramite/solicitud/peticion/pedido
this-letter: la presente | el presente | presente
presently: la presente | el presente | esta carta | esta solicitud | este pedido | esta peticion | mi pedido | mi solicitud | mi
  peticion | el presente pedido
thank: gracias/agradezco/agradecemos/agradeciendo/agradecido/agradecida/agradecidos
attention: atencion/ayuda/colaboracion/gestion
kind: gentil/favorable/pronta/amable/valiosa/oportuna/gentileza
given: [que] [se] ( sirva/sirvan/digne/dignen [dar/brindar/prestar] | brindarme ) [a/al <presently>] |
  [prestada/dada/brindada/dispensada] a/al <this-letter>
end-of-thanks: [le/les] [anticipo/anticipamos/expreso/expresamos/reitero/reiteramos/quedo/quedamos/agradezco/agradecemos/antelo] [de]
  [antemano] [mi/mis/nuestro/nuestros] [mas] [sincero/sinceros]
  [agradecimiento/agradecimientos/agradecido/agradecida/agradecidos]
paper: [copia de] [la/el/mi/su] ( cedula [de identidad/ciudadania] | nombramiento [actualizado] | ruc | papeleta de votacion | nomina )
  [del representante legal]
of-there: del <iess> [de <place>] | de <place> | de <iess>
post-there: director/directora provincial [<of-there>] | director/directora [general/nacional] del <iess>
this: este documento | esta carta | esta solicitud | el presente documento | la presente | este oficio
this-one: <this> | documento | carta | solicitud | oficio
"#;

/// Sentences and lines: whatever begins with a name of [`ASKED`] asks, or says what is asked.
pub(super) const SENTENCES: &str = r"
ask-reset: <ask> <a-reset> <tail>
ask-unblocking: <ask> <an-unblocking> <tail>
ask-change: <ask> <a-change> <tail>
tend: <ask> atender/atienda/atiendan/tramitar/tramite/tramiten/procesar [<soft>] <matter> | <ask> [dar] tramite a <matter>
called-reset: [<label>] <called> <a-reset> ( <whose> )*
called-unblocking: [<label>] <called> <an-unblocking> ( <whose> )*
called-change: [<label>] <called> <a-change>
office-number: [oficio/carta/solicitud/tramite] <no> {code} | oficio/carta/solicitud {code}
dated: [lugar y fecha | fecha | lugar] [<place>] [a/al/el] [los] <date> | [lugar/ciudad/provincia] <place>
addressee: senor/senora/senores/senoras/sr/sra/sres [<title>] [<post-there>] [<iess>] | <title> | <post-there>
  | <iess> [de <place>] | servicio/servicios/departamento/area/unidad/ventanilla/seccion/direccion de clave/claves [de/del]
  [empleador/empleadores]
  | portal de empleadores | direccion provincial/general [<of-there>] | seguro social
there: [en su despacho] presente | [en su] despacho | ciudad
greeting: [de] [mi/mis/nuestra/nuestras] [distinguida/distinguidas] consideracion/consideraciones
  | a quien corresponda/interese | [estimado/estimada/estimados/estimadas/distinguidos/respetados] senor/senora/senores/srs/sres [iess]
  | estimados/estimado/estimadas | muy buenos dias | buenos dias | buen dia | buenas tardes/noches
  | [<opening>] reciba/reciban un/mi/nuestro [mas] [cordial/atento/respetuoso] saludo [de mi parte] | [<opening>] reciba/reciban [mis]
  cordiales saludos
who-writes: <who> | <i-am> | comparezco | <about> ( <about> )*
why-asked: <reason> | <because> <why> y <why> | <loss> | pongo en su conocimiento que <why> [<of-firm>]
sent-to: [que] [<link>] se [me/nos] envie [<link>] a/al [mi/nuestro] correo [electronico] [registrado] [{email}] | [recibire]
  notificaciones [que me correspondan]
  [las recibire] [en/al] [el/mi] [correo] [electronico] {email}
thanks: <thank> [de antemano | anticipadamente] [por] [su/la] [<kind>] [<attention>] [<given>] | <thank> [por] su [<kind>] respuesta |
  muchas gracias
  | por [la/su] [<kind>] <attention> [que] [<given>] <end-of-thanks> | <end-of-thanks> | agradecere/agradeceremos confirmar/confirmarme
  la recepcion de <presently>
  | favor confirmar [la] recepcion | agradecere/agradeceremos su [<kind>] <attention> | agradecere/agradeceremos su [<kind>] respuesta
closing: sin otro particular [por el momento] [me despido | me suscribo | quedo de usted | quedo de ustedes | nos despedimos | que
  agregar]
  | sin mas por el momento [me despido] | me despido | me suscribo [de usted/ustedes] | de usted/ustedes
  | [quedo/quedamos] [atento/atenta/atentos/pendiente] [a la espera] [a/de] su [<kind>] respuesta | [en] [esperando/espero/esperamos]
  [de] [contar con] su [<kind>] respuesta/atencion
  | esperando/espero/esperamos que <presently> sea atendida/atendido [favorablemente] | a fin de que <presently> sea atendido/atendida
  | con sentimientos de [distinguida/alta/mi] consideracion [y estima] | que tenga/tengan [un] buen/excelente dia | dios patria y libertad
  | saludos [cordiales] | [un] cordial saludo | [muy] atentamente/cordialmente/respetuosamente/atte | con [un] cordial saludo
signed: firmo electronicamente <this> | [<this-one>] [fue/esta/ha] [sido] firmado/firmada electronicamente/digitalmente [por <named>]
  | firma [electronica] [<named>] | f
declared: declaro [bajo juramento] que los datos son veridicos/verdaderos/correctos
  | autorizo el tratamiento de los/mis datos [personales] para este fin
  | declaro que soy el/la unico/unica responsable del uso de la [nueva] clave
attached: adjunto/adjuntamos/anexo/anexos/adjuntos [los siguientes documentos] <paper> ( [y] <paper> )* | c c archivo | cc archivo
data-heading: datos [del/de] [la] [empleador/solicitante/empresa/compania/contacto/representante] [legal] | ruc | r u c | cedula |
  telefono | <label>
  | [<label>] [<art>] <word-of> <employer> [<ruc>]
named-firm: razon social <a-firm> | nombre [comercial] [de] [la] <a-firm> | [nombre] [de] [la] [el] empresa/compania/empleador/negocio
  <a-firm>
named-person: ( nombre/nombres [y apellidos] [completos] [del/de] [la/el] [representante/solicitante/gerente/empleador] [legal]
  | [del] representante/solicitante/empleador [legal] ) <named> [<post>]
  | cargo <post> [<of-firm>] | el/la/mi <post> es <named>
number-line: [con/mi/mis] <ruc> | [con] <cedula> | <branch> | codigo de <branch> | sucursal matriz | <branch> matriz |
  afiliados/trabajadores/empleados {number}
phone-word: telefono/telefonos/telf/tel/telefax/celular/cel/movil/fax/fono/pbx/contacto
contact: [mi] [numero] [de] [telefono/celular] [convencional] <phone-word> [<no>] [es] [ext] {numbers} [y mi direccion [es] {street}] |
  mi numero de celular/telefono es {numbers} [y mi direccion [es] {street}]
  | [mi/nuestro/el] [nuevo] correo/email/mail/e [electronico/mail/registrado] [nuevo/registrado/personal | de contacto]
  [electronico] [es] {email} | <old-mailbox> | {email} | [direccion/domicilio/matriz/oficina] {street}
  | [pagina] [web] {web} | para cualquier informacion comunicarse al {numbers} | direccion [de] [domicilio] {place} {street} | ext
  {number} | casilla {number} | codigo postal {number}
  | edificio {street} | piso {number} | oficina {number}
letterhead: <company>
";

/// Sentences that ask, and lines that say what is asked.
pub(super) const ASKED: [&str; 7] = [
    "ask-reset",
    "ask-unblocking",
    "ask-change",
    "tend",
    "called-reset",
    "called-unblocking",
    "called-change",
];
/// All others. Of several that words have the earlier one counts.
pub(super) const BESIDE: [&str; 19] = [
    "office-number",
    "dated",
    "addressee",
    "there",
    "greeting",
    "why-asked",
    "sent-to",
    "thanks",
    "closing",
    "signed",
    "declared",
    "attached",
    "data-heading",
    "named-firm",
    "named-person",
    "number-line",
    "contact",
    "who-writes",
    "letterhead",
];

/// Words that mean something else with an accent on their last letter: «solicitó» tells what somebody asked once, «entregué» what is done.
pub(super) const UNACCENTED: &str = "actualice adjunto anexo anticipo archivo asigne autorice autorizo ayude cambie cambio contacto cree declaro desbloquee \
     desbloqueo deseo digne efectue entregue envie espero expreso firmo genere gestione ingreso modifique necesito ordene otorgue presente \
     quedo realice recupere reinicie reinicio reitero represento resetee reseteo saludo solicito tramite uso";

/// Words that no name of a company holds: in capitals they are as large as names. Those that link are no others.
pub(super) const NO_NAMES: &str = "a al ante aqui atentamente aunque como con contra cual cuando cuya cuyo desde donde durante en entre era es esa ese eso esta \
     este esto fue ha hasta hay he iess lo me mi mis nada nadie ni no nos nunca o para pero por porque presente que quien r ruc se \
     segun ser si sin sino sobre solicito solo son soy su sucursal sus te todo tras tu un una usted ustedes ya yo";
/// Short words that say something, in capitals as the letters of a number are.
pub(super) const SHORT_WORDS: &str = "ano ay di dio doy eje ex fin fui iba ido ley luz mal mas mio nil non not nul oi oid ojo oye paz pon rey rol rot ruin se sea \
     sos tal tuve uso va van ve ver vi via vio voy";
/// Titles before a name, cut short as people write them.
pub(super) const TITLES: &str = "ab abg arq dr dra eco econ ing lcda lcdo lic sr sra srta";
/// What stands between the words of a name.
pub(super) const LINKS: &str = "& de del e el la las los y";
/// Forms of companies, as names end in them; the longer ones first.
pub(super) const FORMS: [&str; 14] = [
    "sociedad anonima",
    "compania limitada",
    "cia limitada",
    "cia ltda",
    "c ltda",
    "s a s",
    "s a",
    "c a",
    "ltda",
    "limitada",
    "sas",
    "sa",
    "ep",
    "anonima",
];
/// Provinces, cantons and other places that letters are written in.
pub(super) const PLACES: &str = "aguarico; alamor; alausi; amaluza; ambato; antonio ante; arajuno; archidona; arenillas; atacames; atahualpa; atuntaqui; azogues; \
     azuay; baba; babahoyo; baeza; bahia de caraquez; balao; balsas; balzar; banos de agua santa; biblian; bolivar; bucay; buena fe; \
     calderon; caluma; calvas; camilo ponce enriquez; canar; carchi; cariamanga; carlos julio arosemena tola; cascales; catacocha; \
     catamayo; cayambe; celica; centinela del condor; cevallos; chaguarpamba; chambo; chilla; chillanes; chimbo; chimborazo; chinchipe; \
     chone; chordeleg; chunchi; coca; colimes; colta; conocoto; cotacachi; cotopaxi; crucita; cuenca; cumanda; cumbaya; cuyabeno; \
     daule; deleg; distrito metropolitano de quito; duran; echeandia; ecuador; el angel; el carmen; el chaco; el coca; el empalme; el \
     guabo; el oro; el pangui; el tambo; el triunfo; eloy alfaro; esmeraldas; espindola; flavio alfaro; francisco de orellana; \
     galapagos; general villamil; giron; gonzalo pizarro; gonzanama; guachapala; gualaceo; gualaquiza; guamote; guano; guaranda; \
     guayaquil; guayas; huaca; huamboya; huaquillas; ibarra; imbabura; isabela; isidro ayora; jama; jaramijo; jipijapa; joya de los \
     sachas; junin; la concordia; la joya de los sachas; la libertad; la mana; la troncal; lago agrio; las lajas; las naves; latacunga; \
     limon indanza; logrono; loja; lomas de sargentillo; loreto; los bancos; los rios; macara; macas; machachi; machala; manabi; manta; \
     marcabeli; marcelino mariduena; mendez; mera; milagro; mocache; mocha; montalvo; montecristi; montufar; morona santiago; muisne; \
     nabon; nangaritza; napo; naranjal; naranjito; nobol; nueva loja; olmedo; ona; orellana; otavalo; pablo sexto; pajan; palanda; \
     palenque; palestina; pallatanga; palora; paltas; pangua; paquisha; pastaza; patate; paute; pedernales; pedro carbo; pedro moncayo; \
     pedro vicente maldonado; pelileo; penipe; pichincha; pifo; pillaro; pimampiro; pinas; pindal; portovelo; portoviejo; pucara; \
     puebloviejo; puerto ayora; puerto baquerizo moreno; puerto lopez; puerto quito; pujili; putumayo; puyango; puyo; quero; quevedo; \
     quijos; quilanga; quininde; quinsaloma; quito; riobamba; rioverde; rocafuerte; ruminahui; salcedo; salinas; samborondon; san \
     cristobal; san fernando; san gabriel; san juan bosco; san lorenzo; san miguel; san miguel de los bancos; san vicente; sangolqui; \
     santa ana; santa cruz; santa elena; santa isabel; santa rosa; santiago; santo domingo; santo domingo de los tsachilas; saquisili; \
     saraguro; sevilla de oro; shell; shushufindi; sigchos; sigsig; simon bolivar; sozoranga; sucre; sucua; sucumbios; suscal; \
     tabacundo; taisha; tena; tisaleo; tiwintza; tosagua; tulcan; tumbaco; tungurahua; urcuqui; urdaneta; valencia; veinticuatro de \
     mayo; ventanas; ventura; vilcabamba; vinces; yacuambi; yaguachi; yantzaza; zamora; zamora chinchipe; zapotillo; zaruma";

/// Words beside a petition that make a person read: what denies, forbids, sets a condition, puts off, pretends or was forced. Also words of other
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

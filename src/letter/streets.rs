//! Streets, as a letter may name them. They can't be listed, and what stands in their place could say anything: «Vía Amenaza de Muerte».
//! So a street is made of what streets are called, of numbers, and of names from a list: provinces, cantons, rivers, trees, dates and
//! people after whom streets of Ecuador are called. None of them states, denies or names something else in a sentence that can be put
//! together here; one that may is left out, and a letter from such a street costs a day.

/// What streets are called, and what stands before a name or number in an address.
const KINDS: &str = "av avda avenida autopista barrio calle callejon cdla ciudadela conjunto coop cooperativa edif edificio km kilometro lotizacion malecon \
     manzana mz panamericana parque pasaje pje plaza sector urb urbanizacion via";
/// What stands between names and numbers.
const BETWEEN: &str = "a de del e el en entre esq esquina etapa frente junto la las lote los lt n norte nro numero oe este oeste oficina of piso s sn solar \
     sur y";
/// Names, word by word.
const NAMES: &str = "abdon abril agosto aguarico aguirre agustin alamos alangasi alausi alborada albornoz alcedo alejandro alfaro alfonso alfredo \
     algarrobos alhambra almagro almendros alpallana alvarez amazonas ambato america americas andalucia andrade andres antisana \
     antonio arajuno aramburu arboleda arenillas argentina armenia arosemena arrayanes arupos asuncion atacames atahualpa atuntaqui \
     avila ayacucho ayora azogues azuay babahoyo baeza baltazar baquerizo barcelona bastidas belgica bellavista benalcazar benigno \
     benjamin bernardo bogota bolivar bolivia bosmediano boyaca brasil brasilia buga caicedo calceta calderon calvas camilo canada \
     canar cangahua capulies caracas caranqui carapungo carcelen carchi carlos carolina carondelet carrion cascales castilla \
     catacocha catamayo cayambe cedros ceibos celica centenario cevallos chambo chanduy charles chile chimbacalle chimborazo \
     chinchipe chone chongon chordeleg cipreses clemente colimes colombia colon colta condamine conocoto cordero cordova cornejo \
     coruna costa cotacachi cotocollao cotopaxi crespo cristobal cuenca cumanda cumbaya cusubamba darquea daule delgado diciembre \
     dieciocho diego diez doce domingo duran echeandia ecuador eloy emilio enero enrique esmeraldas espana espejo espindola estrada \
     eucaliptos eugenio febrero febres federico felix fernandez fernando flavio floreana flores florida foch francia francisco \
     gabriel galapagos galo garaicoa garces garcia garzota gaspar general gerona gonzalez gonzalo gonzanama gran granados granda \
     grecia guachapala guajalo gualaceo guamani guamote guapulo guaranda guasmo guayacanes guayaquil guayas guayllabamba guerrero \
     guipuzcoa gustavo habana hernando homero huancavilca huaquillas humboldt hurtado ibarra icaza ignacio iliniza imbabura inca \
     iquitos isabel isabela isidro italia jacarandas jaime japon jaramijo jaramillo jerusalen jijon jipijapa joaquin jorge jose juan \
     julio junin junio kennedy lalama larrain larrea lasso latacunga leon leonidas leopoldo lima lizarzaburu logrono loja londres \
     lorenzo loreto luis luque macara machachi machala madrid magdalena maldonado manabi mancheno manglares mangos manosalvas manta \
     manuel manuela marcel marcelino marchena marcos margarita mariana mariano mariscal marquez martha martin marzo matovelle mayo \
     mejia mena mendez mendiburo mendoza mera mexico michelena miguel miraflores miravalle mocache modesto montalvo montecristi \
     montevideo montufar morales moran morona mosquera murgueon naciones napo naranjal naranjito naranjos nayon nicolas noboa nobol \
     nogales noviembre nueve ocana octubre olmedo ordonez orellana oriental ortega otavalo otoya oyambaro pablo palora paltas panama \
     papallacta paris pastaza patate paute pedernales pedro pelileo penipe peru pesillo pichincha pimampiro pinos pinta pinto piura \
     polit pomasqui ponce portete portoviejo portugal pucara puembo puerto pujili pusuqui puyo quero quevedo quimiag quininde \
     quisquis quito quitumbe rafael ramirez ramon remigio republica reventador ricardo rio riobamba robles roca rocafuerte rodrigo \
     roldos roma rosales ruben rumichaca ruminahui rumipamba saenz salcedo salinas samanes samborondon san sangolqui santa santiago \
     santo sauces sebastian seis septiembre shell shyris sigchos sigsig simon solanda solano solis suarez sucre sucua sucumbios \
     suecia suiza tabacundo tadeo tamarindos tamayo tanca tarqui tena toledo tomas tomebamba toribio torres tosagua tulcan tulio \
     tumbaco tungurahua turubamba ulloa unidas urdaneta urdenor urdesa urdiales uruguay valdivia valencia valverde vasco veinticuatro \
     veintimilla velasco velez venezuela ventura vicente vicentina victor victoria vilcabamba villalengua villaroel villarroel vinces \
     washington whymper wilson yaguachi yanacocha yanez yantzaza yaruqui zambrano zamora zaragoza zaruma";

/// Whether a word begins an address.
pub(super) fn begins(word: &str) -> bool {
    is_one_of(KINDS, word)
}

/// Whether a word goes on with one; `next` is the one behind it. «No.» only numbers.
pub(super) fn goes_on(word: &str, next: &str) -> bool {
    is_one_of(KINDS, word)
        || is_one_of(BETWEEN, word)
        || is_told(word)
        || word == "no" && is_number(next)
}

/// Whether a word says which one: a name, or a number.
pub(super) fn is_told(word: &str) -> bool {
    is_one_of(NAMES, word) || is_number(word)
}

/// «12», «N24», «Oe4», «12B».
fn is_number(word: &str) -> bool {
    let digits = word.trim_start_matches(|c: char| c.is_ascii_lowercase());
    let behind = digits.trim_start_matches(|c: char| c.is_ascii_digit());
    let letters = word.len() - digits.len();
    letters <= 2
        && (1..=5).contains(&(digits.len() - behind.len()))
        && behind.len() <= 1
        && behind.chars().all(|c| c.is_ascii_lowercase())
}

fn is_one_of(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// A list of its own for each thing, and no word twice.
    #[test]
    fn each_name_is_listed_once() {
        let mut seen = BTreeSet::new();
        let twice: Vec<&str> = NAMES
            .split_whitespace()
            .filter(|word| {
                !seen.insert(*word) || is_one_of(KINDS, word) || is_one_of(BETWEEN, word)
            })
            .collect();
        assert_eq!(twice, [""; 0]);
    }

    #[test]
    fn numbers_of_houses_have_digits_and_few_letters() {
        for number in ["12", "n24", "oe4", "s12", "12b", "1942"] {
            assert!(is_number(number), "{number}");
        }
        for other in ["no", "nula2", "", "n", "12ab", "123456", "2nula"] {
            assert!(!is_number(other), "{other}");
        }
    }
}

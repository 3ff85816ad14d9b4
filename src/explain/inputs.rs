//! Inputs that can't be judged, and options that can't be used: the codes of `{"error": …}` and exit status 3.

use crate::domain::{Language, Text};
use crate::verify::Code;

/// The words of an input's code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Words {
    /// What is wrong.
    pub(super) meaning: Text,
    /// What to do next.
    pub(super) next_step: Text,
}

/// Meaning and next step of a code that ends a command: one of this table, or the code of a finding that already stops
/// the reading.
#[must_use]
pub fn input(code: &str, language: Language) -> Option<(&'static str, &'static str)> {
    let own = ALL
        .iter()
        .find(|(name, _)| *name == code)
        .map(|(_, words)| (words.meaning, words.next_step));
    let finding = || {
        let code = Code::ALL.iter().find(|one| one.as_str() == code)?;
        let words = super::code(*code);
        Some((words.meaning, words.next_step))
    };
    let (meaning, next_step) = own.or_else(finding)?;
    Some((meaning.say(language), next_step.say(language)))
}

const fn entry(meaning: Text, next_step: Text) -> Words {
    Words { meaning, next_step }
}

const ANOTHER_FILE: Text = Text::new(
    "Elija el PDF firmado, o el archivo .p7m o .p7s.",
    "Choose the signed PDF, or the .p7m or .p7s file.",
);
const AGAIN: Text = Text::new(
    "Vuelva a descargar o a copiar el archivo; si sigue igual, fírmelo otra vez.",
    "Download or copy the file again; if that changes nothing, sign it again.",
);
const FOLDERS: Text = Text::new(
    "Corrija la carpeta o el archivo que se nombra y repita la orden.",
    "Mend the folder or file that is named and repeat the command.",
);

pub(super) const ALL: &[(&str, Words)] = &[
    (
        "input.empty",
        entry(
            Text::new("El archivo está vacío.", "The file is empty."),
            ANOTHER_FILE,
        ),
    ),
    (
        "input.unrecognised",
        entry(
            Text::new(
                "El archivo no es un PDF ni una firma CMS (.p7m, .p7s).",
                "The file is neither a PDF nor a CMS signature (.p7m, .p7s).",
            ),
            ANOTHER_FILE,
        ),
    ),
    (
        "input.private_key",
        entry(
            Text::new(
                "Es un certificado con su llave (.p12, .pfx o .pem), no un documento firmado.",
                "It is a certificate with its key (.p12, .pfx or .pem), not a signed document.",
            ),
            Text::new(
                "No lo envíe a nadie. Elija el documento que firmó con él.",
                "Send it to nobody. Choose the document that was signed with it.",
            ),
        ),
    ),
    (
        "input.archive",
        entry(
            Text::new(
                "Es un archivo comprimido (ZIP, RAR), no un documento firmado.",
                "It is an archive (ZIP, RAR), not a signed document.",
            ),
            Text::new(
                "Descomprímalo y elija el PDF firmado que lleva dentro.",
                "Unpack it and choose the signed PDF in it.",
            ),
        ),
    ),
    (
        "input.office",
        entry(
            Text::new(
                "Es un documento de un programa de oficina (Word, LibreOffice), no un PDF firmado.",
                "It is a document of an office program (Word, LibreOffice), not a signed PDF.",
            ),
            Text::new(
                "Guárdelo como PDF, firme el PDF y elija ese.",
                "Save it as PDF, sign the PDF and choose that.",
            ),
        ),
    ),
    (
        "input.mail",
        entry(
            Text::new(
                "Es un mensaje de correo; los correos no se leen aquí, aunque estén firmados.",
                "It is a mail; mails are not read here, even if they are signed.",
            ),
            Text::new(
                "Guarde la solicitud como PDF, firme el PDF y elija ese.",
                "Save the petition as PDF, sign the PDF and choose that.",
            ),
        ),
    ),
    (
        "input.original_unexpected",
        entry(
            Text::new(
                "Un PDF lleva su firma dentro y se comprueba sin original aparte.",
                "A PDF carries its signatures itself and is judged without a separate original.",
            ),
            Text::new(
                "Dé primero el archivo de la firma (.p7s) y el documento con --original.",
                "Give the signature file (.p7s) first and the document with --original.",
            ),
        ),
    ),
    (
        "input.too_large",
        entry(
            Text::new(
                "El archivo es más grande de lo que se lee.",
                "The file is larger than what is read.",
            ),
            Text::new(
                "Reduzca el documento, fírmelo otra vez y repita la orden.",
                "Make the document smaller, sign it again and repeat the command.",
            ),
        ),
    ),
    (
        "input.unreadable",
        entry(
            Text::new("El archivo no se puede leer.", "The file can't be read."),
            Text::new(
                "Revise los permisos del archivo.",
                "Check the file's permissions.",
            ),
        ),
    ),
    (
        "input.not_found",
        entry(
            Text::new("El archivo no existe.", "The file does not exist."),
            Text::new(
                "Revise el nombre del archivo.",
                "Check the name of the file.",
            ),
        ),
    ),
    (
        "input.standard_input",
        entry(
            Text::new(
                "La entrada estándar no se lee.",
                "Standard input is not read.",
            ),
            Text::new(
                "Guarde el documento en un archivo y dé su nombre.",
                "Save the document to a file and give its name.",
            ),
        ),
    ),
    (
        "input.folder",
        entry(
            Text::new(
                "Es una carpeta, no un archivo.",
                "It is a folder, not a file.",
            ),
            ANOTHER_FILE,
        ),
    ),
    (
        "input.report_format",
        entry(
            Text::new(
                "El informe se escribe como .html o .pdf.",
                "The report is written as .html or .pdf.",
            ),
            Text::new(
                "Dé --report informe.html o --report informe.pdf.",
                "Give --report report.html or --report report.pdf.",
            ),
        ),
    ),
    (
        "input.report_unwritten",
        entry(
            Text::new(
                "El informe no se pudo escribir.",
                "The report could not be written.",
            ),
            Text::new(
                "Elija otra carpeta o revise sus permisos.",
                "Choose another folder or check its permissions.",
            ),
        ),
    ),
    (
        "input.no_such_code",
        entry(
            Text::new(
                "No hay ningún código con ese nombre.",
                "There is no code of that name.",
            ),
            Text::new(
                "Véalos todos con clavero explain --all.",
                "See all of them with clavero explain --all.",
            ),
        ),
    ),
    (
        "input.material",
        entry(
            Text::new(
                "Una carpeta o un archivo de certificados o de revocación no se puede usar.",
                "A folder or file of certificates or revocation answers can't be used.",
            ),
            FOLDERS,
        ),
    ),
    (
        "pdf.not_a_pdf",
        entry(
            Text::new("El archivo no es un PDF.", "The file is not a PDF."),
            ANOTHER_FILE,
        ),
    ),
    (
        "pdf.truncated",
        entry(
            Text::new(
                "El PDF está cortado: le falta el final.",
                "The PDF is cut off: its end has no usable cross-reference section.",
            ),
            AGAIN,
        ),
    ),
    (
        "pdf.malformed",
        entry(
            Text::new(
                "El PDF está dañado: una parte no se puede leer.",
                "The PDF is malformed: a part of it can't be read.",
            ),
            AGAIN,
        ),
    ),
    (
        "trust.not_configured",
        entry(
            Text::new(
                "No se indicó en quién confiar.",
                "Nothing says whom to trust.",
            ),
            Text::new(
                "Dé --roots CARPETA con los certificados raíz, o --trust-dir CARPETA (con «roots» e «intermediates»; también \
                 CLAVERO_TRUST_DIR), o la configuración del servicio en CLAVERO_CONFIG.",
                "Give --roots DIR with the root certificates, or --trust-dir DIR (with roots and intermediates; also \
                 CLAVERO_TRUST_DIR), or the configuration of the service in CLAVERO_CONFIG.",
            ),
        ),
    ),
    (
        "trust.empty",
        entry(
            Text::new(
                "La carpeta de raíces de confianza no contiene ningún certificado.",
                "The folder of trusted roots holds no certificate.",
            ),
            FOLDERS,
        ),
    ),
    (
        "config.invalid",
        entry(
            Text::new(
                "La configuración del servicio no se puede usar.",
                "The configuration of the service can't be used.",
            ),
            Text::new(
                "Ejecute clavero check-config, que dice qué corregir.",
                "Run clavero check-config, which says what to mend.",
            ),
        ),
    ),
    (
        "usage",
        entry(
            Text::new(
                "La orden está mal escrita.",
                "The command is written wrongly.",
            ),
            Text::new("Vea clavero --help.", "See clavero --help."),
        ),
    ),
];

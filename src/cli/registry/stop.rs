//! `clavero registry stop`: an account is stopped at the machine, when the company is on the telephone and nobody is in the office.

use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;

use super::super::operator::{actor, now, with_existing_store};
use super::super::serve::ConfigArgs;
use super::Sentences;
use crate::config::Config;
use crate::domain::{BranchCode, EmailAddress, PetitionNumber, Ruc};
use crate::intake::{Stop, reason_of, stop_account};

/// The Spanish of this command.
pub(in crate::cli) const SPANISH: &[(&str, &str)] = &[
    (
        "registry stop",
        "Detiene la cuenta de un empleador que avisa que no pidió un cambio",
    ),
    (
        "registry stop!",
        "Ejemplos:
  clavero registry stop 1790993949001 --reason \"La gerente llama desde el teléfono registrado: no lo pidió\"
  clavero registry stop 1790993949001 --branch 0002 --petition CLV-2026-123456789-F --reason \"Oficio 12, en recepción\"

Hace lo mismo que el botón «No fui yo» de los avisos: nadie cambia la clave ni el correo, los enlaces enviados dejan de
servir y se avisa a supervisión y a la empresa. Quién lo hizo queda en la bitácora; por qué se lee en la oficina, en la página
de la empresa, y se borra al terminar su plazo. Se libera cuando dos personas aprueban una solicitud nueva, firmada. Para suspender o cerrar una empresa en el registro,
«registry import».

Estado de salida: 0 detenida, 1 el empleador no consta, 3 no se pudo",
    ),
    ("registry stop.ruc", "RUC del empleador"),
    ("registry stop.branch", "Sucursal"),
    (
        "registry stop.petition",
        "La solicitud que la empresa niega: el correo que registró se retira también; sin esto, la última que se aprobó",
    ),
    ("registry stop.reason", "Por qué: quién avisó, cómo y qué dice; de 5 a 500 caracteres"),
    ("registry stop.config", "Archivo de configuración (TOML)"),
];

/// Options of `registry stop`.
#[derive(Debug, Clone, Args)]
#[command(after_help = "EXAMPLES:
  clavero registry stop 1790993949001 --reason \"The manager calls from the telephone on file: she did not ask for it\"
  clavero registry stop 1790993949001 --branch 0002 --petition CLV-2026-123456789-F --reason \"Letter 12, at the front desk\"

Does what the button «No fui yo» of the notices does: nobody changes password or e-mail, links that were sent are dead,
supervisors and the company are told. Who did it stands in the log; why is read in the office, on the page of the company,
until its term ends. The account is free again once two people have approved a new, signed petition. To suspend or close an employer in the registry, `registry
import`.

EXIT STATUS: 0 stopped, 1 the employer is not on file, 3 not done")]
pub struct StopArgs {
    /// RUC of the employer
    pub ruc: Ruc,
    /// Branch
    #[arg(long, default_value = "0001", hide_default_value = true)]
    pub branch: BranchCode,
    /// The petition that the company denies: the e-mail it put on file goes too; the one approved last when absent
    #[arg(long, value_name = "NUMBER")]
    pub petition: Option<PetitionNumber>,
    /// Why: who told you, how, and what they say; 5 to 500 characters
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Where the configuration is.
    #[command(flatten)]
    pub config: ConfigArgs,
}

/// Runs the command.
pub(super) fn run(args: &StopArgs, say: Sentences) -> anyhow::Result<ExitCode> {
    let Some(reason) = reason_of(&args.reason) else {
        anyhow::bail!(say.reason_wanted());
    };
    let stop = Stop {
        ruc: args.ruc.clone(),
        branch: args.branch.clone(),
        denied: args.petition.clone(),
        by: actor(),
        reason,
    };
    let config = Config::load(args.config.config.as_deref())?;
    let told: Option<EmailAddress> = config.operator.alarm_email.parse().ok();
    with_existing_store(&config, async |store| {
        if let Some(number) = &stop.denied {
            let whose = store.whose(number).await?;
            let own = whose.is_some_and(|whose| whose == (stop.ruc.clone(), stop.branch.clone()));
            ensure!(own, say.not_theirs(number, &stop.ruc, &stop.branch));
        }
        if stop_account(&store, &stop, told.as_ref(), now()).await? {
            println!("{}", say.stopped(&stop.ruc, &stop.branch));
            return Ok(ExitCode::SUCCESS);
        }
        eprintln!("{}", say.not_on_file(&stop.ruc, &stop.branch));
        Ok(ExitCode::from(1))
    })
}

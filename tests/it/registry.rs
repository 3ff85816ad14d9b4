//! `clavero registry` as an operator runs it: killed and begun again, repeated, rehearsed, undone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use clavero::fixture::catastro;
use clavero::store::{ImportState, Store};
use serde_json::Value;
use tempfile::TempDir;

use crate::running::PATIENCE;
use crate::served::binary;

/// Establishments of the catalogue: a dozen batches.
const ROWS: u64 = 60_000;
/// How often the import is killed.
const KILLS: u64 = 3;

/// An operator's machine: a folder with the data, and files to import.
struct Operator(TempDir);

impl Operator {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command
            .arg("registry")
            .args(args)
            .current_dir(self.0.path())
            .env("CLAVERO_DATA_DIR", self.path("data"))
            .env("USER", "eva");
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// What a command that succeeds prints.
    fn said(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(output.status.code().unwrap() <= 1, "{args:?}: {output:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    async fn makes_its_database(&self) {
        fs::create_dir(self.path("data")).unwrap();
        self.store().await.close().await;
    }

    async fn store(&self) -> Store {
        Store::sqlite(&self.path("data/clavero.sqlite"))
            .await
            .unwrap()
    }
}

fn write_catalogue(path: &Path) {
    let mut file = std::io::BufWriter::new(fs::File::create(path).unwrap());
    catastro::write(ROWS, &mut file).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_killed_again_and_again_ends_like_an_undisturbed_one() {
    let (calm, killed) = (Operator::new(), Operator::new());
    let import = ["import", "catastro.csv", "--kind", "sri-ruc"];
    for operator in [&calm, &killed] {
        write_catalogue(&operator.path("catastro.csv"));
    }
    let undisturbed = calm.said(&import);

    let store = killed.store().await;
    for kill in 1..=KILLS {
        let mut process = killed
            .command(&import)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        // In the middle of its work: some batches are committed, and others are not.
        let began = Instant::now();
        loop {
            assert!(began.elapsed() < PATIENCE, "no progress");
            assert_eq!(process.try_wait().unwrap(), None, "too quick to be killed");
            let imports = store.imports().await.unwrap();
            if imports
                .first()
                .is_some_and(|import| import.tally.added >= kill * 8000)
            {
                break;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        process.kill().unwrap(); // SIGKILL
        process.wait().unwrap();
        let imports = store.imports().await.unwrap();
        assert_eq!((imports.len(), imports[0].state), (1, ImportState::Running));
    }
    // Another table has to wait for the unfinished one.
    fs::write(
        killed.path("other.csv"),
        "NUMERO_RUC|RAZON_SOCIAL|ESTADO_CONTRIBUYENTE|TIPO_CONTRIBUYENTE\n",
    )
    .unwrap();
    let refused = killed.run(&["import", "other.csv", "--kind", "sri-ruc"]);
    assert_eq!(refused.status.code(), Some(3));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert!(
        message.contains("sin terminar") && message.contains("registry undo 1"),
        "{message}"
    );

    assert_eq!(killed.said(&import), undisturbed, "the same result");
    let report = |operator: &Operator| fs::read(operator.path("catastro.rejected.csv")).unwrap();
    assert!(report(&killed) == report(&calm), "the same report");
    let changes = ["changes", "1"];
    assert!(
        killed.said(&changes) == calm.said(&changes),
        "the same registry"
    );
    assert!(store.verify_audit().await.unwrap().is_ok());
    assert!(
        !killed.path("data/registry-import").exists(),
        "nothing is left of sorting"
    );

    // Once more, and nothing changes.
    let version = store.registry_version().await.unwrap();
    let again = killed.said(&import);
    assert!(
        again.contains("0 nuevos, 0 cambiados, 0 retirados"),
        "{again}"
    );
    assert_eq!(store.registry_version().await.unwrap(), version);
}

#[test]
fn every_faulty_row_is_in_the_report() {
    let operator = Operator::new();
    write_catalogue(&operator.path("catastro.csv"));
    let output = operator.run(&[
        "import",
        "catastro.csv",
        "--kind",
        "sri-ruc",
        "--lang",
        "en",
    ]);
    assert_eq!(output.status.code(), Some(1), "some rows were rejected");
    let said = String::from_utf8(output.stdout).unwrap();
    let rejected = catastro::unreadable(ROWS);
    let line = format!(
        "{} rows taken, {rejected} rejected, {} with remarks",
        ROWS - rejected,
        ROWS / 1000 - rejected
    );
    assert!(said.contains(&line), "{said}");
    let report = fs::read(operator.path("catastro.rejected.csv")).unwrap();
    let mut rows = csv::Reader::from_reader(report.as_slice());
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(u64::try_from(rows.len()).unwrap(), ROWS / 1000);
    let lines: Vec<u64> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
    // The heading is line 1, so the row with number 500 stands on line 502.
    assert_eq!(lines[..3], [502, 1502, 2502]);
    assert!(
        rows.iter()
            .all(|row| !row[2].is_empty() && !row[3].is_empty()),
        "reason and row"
    );
}

/// Who forgot the configuration must not believe in an empty registry that was made for the question.
#[test]
fn a_database_is_not_made_by_looking_and_told_of_when_it_is_made() {
    let operator = Operator::new();
    let head = clavero::registry::representatives::HEADER.join(",");
    fs::write(operator.path("t.csv"), format!("{head}\n")).unwrap();
    let import = ["registry", "import", "t.csv", "--kind", "representatives"];
    let run = |arguments: &[&str]| {
        let mut command = Command::new(binary());
        command.args(arguments).current_dir(operator.0.path());
        let output = command
            .env_remove("CLAVERO_CONFIG")
            .env_remove("CLAVERO_DATA_DIR")
            .output()
            .unwrap();
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        (output.status.code(), said)
    };
    let ruc = "2990001015001";
    let looks: &[&[&str]] = &[
        &["registry", "imports"],
        &["registry", "changes", "1"],
        &["registry", "undo", "1"],
        &["registry", "show", ruc],
        &["registry", "arrears"],
        &["registry", "arrears", "--set", ruc],
        &[&import[..], &["--dry-run"]].concat(),
        &["reviewer", "list"],
        &["reviewer", "add", "ana", "--name", "Ana"],
        &["mail", "list", "CLV-2026-000123-X"],
    ];
    for look in looks {
        let (status, said) = run(look);
        assert_eq!(status, Some(3), "{look:?}: {said}");
        assert!(said.contains("¿falta --config"), "{look:?}: {said}");
        assert_eq!(
            fs::read_dir(operator.0.path()).unwrap().count(),
            1,
            "{look:?}"
        );
    }
    // The first table may come before the first start of the service.
    let (status, said) = run(&import);
    assert_eq!(status, Some(0), "{said}");
    assert!(
        said.contains("Se crea la base de datos") && said.contains("--config"),
        "{said}"
    );
    let (_, said) = run(&import);
    assert!(!said.contains("Se crea"), "{said}");
}

#[tokio::test]
async fn a_table_is_rehearsed_taken_shown_listed_and_undone() {
    let operator = Operator::new();
    let head = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
    let row = "1790993949001,0001,AGRO S.A.,company,active,n@agro.ec,,1759121716,ANA,Gerente,2024-01-01,,sole,1,deed";
    fs::write(operator.path("t.csv"), format!("{head}\n{row}\n")).unwrap();
    let import = ["import", "t.csv", "--kind", "representatives"];
    operator.makes_its_database().await;
    let rehearsed = operator.said(&[&import[..], &["--dry-run"]].concat());
    assert!(
        rehearsed.contains("Ensayo, nada se cambió: 2 nuevos"),
        "{rehearsed}"
    );
    let show = ["show", "1790993949001"];
    assert_eq!(operator.run(&show).status.code(), Some(1), "not on file");

    assert!(operator.said(&import).contains("Importación 1: 2 nuevos"));
    let shown: Value = serde_json::from_str(&operator.said(&show)).unwrap();
    assert_eq!(shown["registry_version"], 2);
    assert_eq!(
        shown["employer"]["representatives"][0]["document"],
        "1759121716"
    );
    let earlier = operator.run(&[&show[..], &["--as-of", "0"]].concat());
    assert_eq!(earlier.status.code(), Some(1), "not yet on file then");
    let never = operator.run(&[&show[..], &["--as-of", "3"]].concat());
    assert_eq!(
        never.status.code(),
        Some(3),
        "of what has not come nobody can tell"
    );
    let changes = operator.said(&["changes", "1"]);
    let first: Value = serde_json::from_str(changes.lines().next().unwrap()).unwrap();
    assert_eq!(
        (first["part"].as_str(), first["before"].is_null()),
        (Some("employer"), true)
    );
    assert!(
        operator
            .said(&["imports"])
            .contains("hecha  representatives  t.csv")
    );

    assert!(
        operator
            .said(&["undo", "1"])
            .contains("Importación 1 deshecha por la importación 2")
    );
    assert_eq!(operator.run(&show).status.code(), Some(1), "gone");
    let again = operator.run(&["undo", "1"]);
    assert_eq!(again.status.code(), Some(3));
    assert!(
        String::from_utf8(again.stderr)
            .unwrap()
            .contains("ya está deshecha")
    );
    let wrong = operator.run(&["import", "t.csv", "--kind", "sri-ruc", "--full"]);
    assert_eq!(wrong.status.code(), Some(3));
    let wrong = operator.run(&["import", "t.csv", "--kind", "supercias"]);
    assert!(
        String::from_utf8(wrong.stderr)
            .unwrap()
            .contains("libro de Excel")
    );
    let wrong = operator.run(&["import", "t.csv", "--kind", "sri-ruc"]);
    assert!(
        String::from_utf8(wrong.stderr)
            .unwrap()
            .contains("faltan: NUMERO_RUC")
    );
    assert!(operator.store().await.verify_audit().await.unwrap().is_ok());
}

/// A post that nobody knows to represent is taken, and told: what its holder signs will go to a person.
#[test]
fn posts_that_are_not_known_are_counted_and_named() {
    let operator = Operator::new();
    let head = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
    let row = |ruc: &str, post: &str| {
        format!("{ruc},,AGRO S.A.,company,active,,,1759121716,ANA,{post},2024-01-01,,sole,1,deed\n")
    };
    let table = [
        row("1790993949001", "Gerente"),
        row("1790993950001", "Comisaria"),
        row("1790993951001", "Socia"),
        row("1790993952001", "Socia"),
    ];
    fs::write(
        operator.path("t.csv"),
        format!("{head}\n{}", table.concat()),
    )
    .unwrap();
    let import = ["import", "t.csv", "--kind", "representatives"];
    let said = operator.said(&import);
    assert!(
        said.contains("3 filas con un cargo que no se sabe que represente")
            && said.contains("«Socia» 2, «Comisaria» 1"),
        "{said}"
    );
    let report = fs::read_to_string(operator.path("t.rejected.csv")).unwrap();
    assert_eq!(report.matches("tomada,post: «").count(), 3, "{report}");
}

/// Whoever may write beside the table must not have our hand write elsewhere, nor read rows of the registry.
#[test]
fn a_report_takes_the_place_of_what_lies_there_and_is_for_nobody_else() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let operator = Operator::new();
    let head = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
    let row =
        "1790993949001,,AGRO S.A.,company,active,,,1759121716,ANA,Socia,2024-01-01,,sole,1,deed";
    fs::write(operator.path("t.csv"), format!("{head}\n{row}\n")).unwrap();
    fs::write(operator.path("victim.txt"), "mine").unwrap();
    let report = operator.path("t.rejected.csv");
    symlink(operator.path("victim.txt"), &report).unwrap();
    let import = ["import", "t.csv", "--kind", "representatives"];
    let is_ours = |report: &Path| {
        assert!(fs::read_to_string(report).unwrap().contains("Socia"));
        assert_eq!(fs::symlink_metadata(report).unwrap().mode() & 0o7777, 0o600);
    };
    operator.said(&import);
    assert_eq!(fs::read(operator.path("victim.txt")).unwrap(), b"mine");
    is_ours(&report);
    // An older one that anybody could read.
    fs::set_permissions(&report, fs::Permissions::from_mode(0o644)).unwrap();
    operator.said(&import);
    is_ours(&report);
    let left = fs::read_dir(operator.0.path()).unwrap();
    let drafts = left.filter(|it| {
        let name = it.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".new")
    });
    assert_eq!(drafts.count(), 0);
    // What is no file is written into.
    let out = operator.run(&[
        "import",
        "t.csv",
        "--kind",
        "representatives",
        "--rejected",
        "/dev/null",
    ]);
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    assert!(!fs::symlink_metadata("/dev/null").unwrap().is_file());
}

/// A table that was cut short, or lost all but its heading, is not the whole registry, whatever the command says.
#[tokio::test]
async fn a_cut_table_of_the_whole_registry_takes_nobody_out_of_office() {
    let operator = Operator::new();
    let table = |name: &str, employers: std::ops::Range<u32>| {
        let head = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
        let rows: String = employers
            .map(|number| {
                format!("1790{number:06}001,,AGRO S.A.,company,active,,,1759121716,ANA,Gerente,2024-01-01,,sole,1,deed\n")
            })
            .collect();
        fs::write(operator.path(name), format!("{head}\n{rows}")).unwrap();
    };
    let full = |name: &str, more: &[&str]| {
        let import = ["import", name, "--kind", "representatives", "--full"];
        operator.run(&[&import, more].concat())
    };
    table("todos.csv", 0..1000);
    table("cortada.csv", 0..979);
    table("vacia.csv", 0..0);
    table("casi.csv", 0..980);
    // Of a registry that is empty so far nobody is taken away.
    assert_eq!(full("todos.csv", &[]).status.code(), Some(0));
    for (name, said) in [
        ("cortada.csv", "21 de los 1000 empleadores"),
        ("vacia.csv", "ninguna fila"),
    ] {
        let refused = full(name, &[]);
        let message = String::from_utf8(refused.stderr).unwrap();
        assert_eq!(refused.status.code(), Some(3), "{name}: {message}");
        for word in [said, "No se cambió nada", "--dry-run", "--yes"] {
            assert!(message.contains(word), "{name}: {message}");
        }
        // A rehearsal changes nothing anyway, and shows what would be done.
        let rehearsed = full(name, &["--dry-run"]);
        assert_eq!(rehearsed.status.code(), Some(0), "{rehearsed:?}");
        let warned = String::from_utf8(rehearsed.stderr).unwrap();
        assert!(warned.contains(said), "{name}: {warned}");
    }
    let store = operator.store().await;
    assert_eq!(store.imports().await.unwrap().len(), 1, "nothing was begun");

    // Two in a hundred is what happens between two tables; more is said to be meant.
    let usual = full("casi.csv", &[]);
    assert_eq!(usual.status.code(), Some(0), "{usual:?}");
    let meant = full("vacia.csv", &["--yes"]);
    let said = String::from_utf8(meant.stdout).unwrap();
    assert!(said.contains("980 retirados"), "{said}");
}

/// Of a row whose RUC can't be read nobody knows whom it keeps in office.
#[tokio::test]
async fn a_whole_registry_with_rows_of_nobody_takes_nobody_out_of_office() {
    let operator = Operator::new();
    let head = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
    let row = |ruc: &str| {
        format!(
            "{ruc},,AGRO S.A.,company,active,,,1759121716,ANA,Gerente,2024-01-01,,sole,1,deed\n"
        )
    };
    let table = |name: &str, rows: String| {
        fs::write(operator.path(name), format!("{head}\n{rows}")).unwrap();
        operator.run(&["import", name, "--kind", "representatives", "--full"])
    };
    let [first, second] = ["1790000001001", "1790000002001"].map(row);
    let whole = table("todos.csv", format!("{first}{second}"));
    assert_eq!(whole.status.code(), Some(0), "{whole:?}");
    let spoilt = second.replace("1790000002001", "179000000200l");
    let refused = table("danada.csv", format!("{first}{spoilt}"));
    let message = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(3), "{message}");
    for word in ["1 fila", "1 empleador", "No se cambió nada", "--yes"] {
        assert!(message.contains(word), "{message}");
    }
    // Where nobody would lose anybody by it, it is a row like any other that can't be read.
    let extra = table("extra.csv", format!("{first}{second}{spoilt}"));
    assert_eq!(extra.status.code(), Some(1), "{extra:?}");
}

/// One row per person, and in some tables each with the person's own address: nobody can tell which is the employer's, and the
/// last one decided where links go.
#[tokio::test]
async fn of_an_employer_whose_rows_contradict_one_another_nothing_is_taken() {
    let operator = Operator::new();
    let head = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
    let (ana, luis) = (
        "1790000001001,,AGRO,company,active,info@agro.ec,,1759121716,ANA,Gerente,2024-01-01,,sole,1,deed",
        "1790000001001,,Agro S.A.,company,active,,,0958386815,LUIS,Presidente,2024-01-01,,joint,2,deed",
    );
    let table = |name: &str, rows: &[String]| {
        fs::write(
            operator.path(name),
            format!("{head}\n{}\n", rows.join("\n")),
        )
        .unwrap();
        operator.run(&["import", name, "--kind", "representatives"])
    };
    let good = table(
        "buena.csv",
        &[ana.to_owned(), luis.to_owned(), ana.to_owned()],
    );
    assert_eq!(good.status.code(), Some(0), "{good:?}");
    let on_file = async || {
        let store = operator.store().await;
        let (ruc, branch) = ("1790000001001".parse().unwrap(), "0001".parse().unwrap());
        let record = store.employer(&ruc, &branch).await.unwrap().unwrap();
        store.close().await;
        record.employer
    };
    let taken = on_file().await;
    // A blank says nothing, and names are written in many ways.
    let email = taken
        .email
        .as_ref()
        .map(clavero::domain::EmailAddress::as_str);
    assert_eq!(
        (email, taken.representatives.len()),
        (Some("info@agro.ec"), 2)
    );
    for (column, from, to) in [
        ("email", ",,0958386815", "luis@gmail.com,,0958386815"),
        ("state", "active", "suspended"),
        ("kind", "company", "sas"),
    ] {
        let other = luis.replace(from, to);
        let refused = table(&format!("{column}.csv"), &[ana.to_owned(), other]);
        assert_eq!(refused.status.code(), Some(1), "{column}: {refused:?}");
        let said = String::from_utf8(refused.stdout).unwrap();
        assert!(said.contains("0 filas tomadas, 2 rechazadas"), "{said}");
        let report = fs::read_to_string(operator.path(&format!("{column}.rejected.csv"))).unwrap();
        assert!(
            report.contains(&format!("3,rechazada,{column}: ")),
            "{report}"
        );
        assert_eq!(on_file().await, taken, "{column}");
    }
    // The same term, once joint and once sole.
    let sole = luis.replace("joint,2", "sole,1");
    let refused = table("modo.csv", &[luis.to_owned(), sole, ana.to_owned()]);
    assert_eq!(refused.status.code(), Some(1), "{refused:?}");
    assert_eq!(on_file().await, taken);
}

/// Who owes contributions goes first in the queue; the operator says who that is.
#[tokio::test]
async fn arrears_are_set_cleared_and_taken_from_a_whole_list() {
    let operator = Operator::new();
    operator.makes_its_database().await;
    let (one, other) = ("2990001015001", "2990002025001");
    let set = operator.said(&["arrears", "--set", one, "--set", other]);
    assert!(set.contains("2 entraron en mora"), "{set}");
    let set = operator.said(&["arrears", "--set", one, "--clear", other]);
    assert!(
        set.contains("0 entraron") && set.contains("1 salieron"),
        "{set}"
    );
    assert_eq!(operator.said(&["arrears"]).trim(), one);
    let list = |text: &str| std::fs::write(operator.path("mora.txt"), text).unwrap();
    list(&format!("\u{feff}{other}\r\n\r\n"));
    let all = operator.said(&["arrears", "--from", "mora.txt"]);
    assert!(
        all.contains("1 entraron") && all.contains("1 salieron"),
        "{all}"
    );
    assert_eq!(operator.said(&["arrears"]).trim(), other);
    list(&format!("{one}\nnadie\n"));
    let wrong = operator.run(&["arrears", "--from", "mora.txt"]);
    assert_eq!(wrong.status.code(), Some(3));
    assert!(
        String::from_utf8(wrong.stderr)
            .unwrap()
            .contains("mora.txt:2")
    );
    assert_eq!(
        operator.said(&["arrears"]).trim(),
        other,
        "nothing has changed"
    );
    assert!(operator.store().await.verify_audit().await.unwrap().is_ok());
}

/// Whoever is at the machine when the company calls stops the account there, and says why.
#[tokio::test]
async fn an_account_is_stopped_at_the_machine_with_a_reason() {
    let operator = Operator::new();
    let head = "ruc,branch,legal_name,kind,state,email,phone,document,name,post,from,to,mode,required_signatures,source";
    let row = "1790993949001,,AGRO S.A.,company,active,n@agro.ec,,1759121716,ANA,Gerente,2024-01-01,,sole,1,deed";
    fs::write(operator.path("t.csv"), format!("{head}\n{row}\n")).unwrap();
    operator.said(&["import", "t.csv", "--kind", "representatives"]);
    let (ruc, branch) = ("1790993949001".parse().unwrap(), "0001".parse().unwrap());
    let frozen = async || {
        let record = operator.store().await.employer(&ruc, &branch).await;
        record.unwrap().unwrap().frozen_since
    };
    let why = "La gerente llama: no lo pidió";
    let wanting = operator.run(&["stop", "1790993949001"]);
    assert_eq!(wanting.status.code(), Some(3), "a reason is compulsory");
    let short = operator.run(&["stop", "1790993949001", "--reason", " x "]);
    assert_eq!(short.status.code(), Some(3));
    let unknown = operator.run(&["stop", "1790993950001", "--reason", why]);
    assert_eq!(unknown.status.code(), Some(1), "{unknown:?}");
    let number = "CLV-2026-000000001-0";
    let other = [
        "stop",
        "1790993949001",
        "--petition",
        number,
        "--reason",
        why,
    ];
    assert_ne!(operator.run(&other).status.code(), Some(0), "not theirs");
    assert_eq!(frozen().await, None);

    let stopped = operator.said(&["stop", "1790993949001", "--reason", why]);
    assert!(stopped.contains("detenida"), "{stopped}");
    assert!(frozen().await.is_some());
    let store = operator.store().await;
    let log = store.audit_rows(0, 100).await.unwrap();
    let entry = log.iter().find(|row| row.event == "account.frozen");
    assert_eq!(entry.unwrap().actor, "operator:eva");
    // The log is for ever: neither a RUC, which may be a person's, nor anybody's words.
    for row in &log {
        for word in [why, "1790993949001"] {
            assert!(!format!("{row:?}").contains(word), "{row:?}");
        }
    }
    let shown: serde_json::Value =
        serde_json::from_str(&operator.said(&["show", "1790993949001"])).unwrap();
    assert_eq!(shown["stopped"]["by"], "operator:eva");
    assert_eq!(shown["stopped"]["reason"], why);
    assert!(store.verify_audit().await.unwrap().is_ok());
    let help = operator.said(&["stop", "--help"]);
    assert!(
        help.contains("clavero registry stop 1790993949001 --reason"),
        "{help}"
    );
}

//! `clavero trust` by its own binary: what is pinned is kept, the rest is explained, every change is recorded.

use std::path::{Path, PathBuf};
use std::process::Command;

use clavero::fixture::pki;
use clavero::store::Store;
use clavero::verify::Certificate;
use clavero::verify::entities::{Additions, Authority as Row, Entity, Role, Status};

use crate::authority::{Authority, Does};
use crate::need::Need;
use crate::served::binary;

struct Shop {
    data: tempfile::TempDir,
}

struct Said {
    status: i32,
    out: String,
}

impl Shop {
    fn new() -> Self {
        Self {
            data: tempfile::tempdir().unwrap(),
        }
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let done = Command::new(binary())
            .arg("trust")
            .args(arguments)
            .env("CLAVERO_DATA_DIR", self.data.path())
            .env_remove("CLAVERO_CONFIG")
            .env_remove("CLAVERO_LANG")
            .output()
            .unwrap();
        Said {
            status: done.status.code().unwrap(),
            out: String::from_utf8(done.stdout).unwrap() + &String::from_utf8_lossy(&done.stderr),
        }
    }

    fn json(&self, arguments: &[&str]) -> serde_json::Value {
        serde_json::from_str(&self.run(arguments).out).unwrap()
    }

    fn file(&self, name: &str, bytes: &[u8]) -> String {
        let path = self.data.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    }

    /// What the audit log says of the trust store, and that the chain of the log holds.
    fn recorded(&self) -> Option<String> {
        let database = format!(
            "sqlite://{}",
            self.data.path().join("clavero.sqlite").display()
        );
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            let store = Store::open(&database).await.unwrap();
            assert!(store.verify_audit().await.unwrap().is_ok());
            let digest = store.recorded_trust().await.unwrap();
            store.close().await;
            digest.map(|digest| digest.to_string())
        })
    }
}

#[test]
fn what_nothing_pins_is_explained_and_kept_by_hand_only() {
    let shop = Shop::new();
    let root = shop.file("raiz.crt", &pki::roots()[0].der);
    let leaf = shop.file(
        "persona.crt",
        &clavero::fixture::identity("rosa").unwrap().certificate,
    );
    let words = shop.file("nota.txt", b"hola");
    let said = shop.run(&["add", &root, &leaf, &words]);
    assert_eq!(said.status, 1, "{}", said.out);
    for words in [
        "no consta en la tabla",
        "no es de una autoridad",
        "nota.txt",
        "0 conservados, 3 no",
    ] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert_eq!(
        shop.json(&["list", "--json"])["certificates"]
            .as_array()
            .unwrap()
            .len(),
        0
    );
    let empty = shop.recorded().unwrap();
    let missing = shop.run(&["add", "nada.crt"]);
    assert_eq!(missing.status, 3, "{}", missing.out);
    assert!(
        missing.out.contains("✗ nada.crt: no existe"),
        "{}",
        missing.out
    );

    let said = shop.run(&["add", &root, "--pin", "--entity", "bce", "--yes"]);
    assert_eq!(said.status, 0, "{}", said.out);
    let listed = shop.json(&["list", "--json"]);
    assert_eq!(listed["certificates"][0]["entity"], "bce");
    assert_eq!(listed["certificates"][0]["role"], "root");
    let pinned = shop.recorded().unwrap();
    assert_ne!(pinned, empty);
    assert_eq!(listed["digest"].as_str().unwrap(), pinned);

    // A status is changed, and so is the store.
    let fingerprint = listed["certificates"][0]["sha256"]
        .as_str()
        .unwrap()
        .to_owned();
    let said = shop.run(&["status", &fingerprint[..12], "held_back", "--why", "ensayo"]);
    assert_eq!(said.status, 0, "{}", said.out);
    assert_ne!(shop.recorded().unwrap(), pinned);
    assert_eq!(
        shop.json(&["list", "--json"])["certificates"][0]["status"],
        "held_back"
    );
    assert_eq!(shop.run(&["status", "00000000", "accepted"]).status, 3);
}

#[test]
fn a_pin_by_hand_wants_the_end_of_the_fingerprint() {
    let shop = Shop::new();
    let root = shop.file("raiz.crt", &pki::roots()[1].der);
    // Nobody is there to type it.
    let said = shop.run(&["--lang", "en", "add", &root, "--pin", "--entity", "bce"]);
    assert_eq!(said.status, 1, "{}", said.out);
    assert!(said.out.contains("not confirmed"), "{}", said.out);
    let said = shop.run(&["add", &root, "--pin", "--entity", "abroad"]);
    let warned = "ninguna del Ecuador (abroad); se rechaza a quien firme por debajo";
    assert!(said.out.contains(warned), "{}", said.out);
    let said = shop.run(&["add", &root, "--pin", "--entity", "nadie", "--yes"]);
    assert_eq!(said.status, 3, "{}", said.out);
}

/// Below a certificate of nobody in Ecuador everybody is refused: that is never assumed, it can be mended, and a check tells of it.
#[test]
fn whose_a_pin_is_must_be_said_and_can_be_mended() {
    let shop = Shop::new();
    let root = shop.file("raiz.crt", &pki::roots()[0].der);
    let entity = |shop: &Shop| {
        let listed = shop.json(&["list", "--json"]);
        listed["certificates"][0]["entity"].clone()
    };
    let said = shop.run(&["add", &root]);
    assert!(said.out.contains("use --pin --entity ID"), "{}", said.out);
    let said = shop.run(&["add", &root, "--pin", "--yes"]);
    assert_eq!(said.status, 1, "{}", said.out);
    for words in ["securitydata", "uanataca", "--entity abroad"] {
        assert!(said.out.contains(words), "{words}: {}", said.out);
    }
    assert!(entity(&shop).is_null(), "nothing is kept");

    let pinned = shop.run(&["add", &root, "--pin", "--yes", "--entity", "abroad"]);
    assert_eq!(pinned.status, 0, "{}", pinned.out);
    assert!(pinned.out.contains("fijado a mano"), "{}", pinned.out);
    assert!(!pinned.out.contains("ya estaba"), "{}", pinned.out);
    assert_eq!(entity(&shop), "abroad");
    let checked = shop.run(&["check"]);
    assert_eq!(checked.status, 1, "{}", checked.out);
    assert!(
        checked.out.contains("su nombre dice C=EC"),
        "{}",
        checked.out
    );

    let moved = shop.run(&["add", &root, "--pin", "--yes", "--entity", "securitydata"]);
    assert_eq!(moved.status, 0, "{}", moved.out);
    assert!(moved.out.contains("antes de abroad"), "{}", moved.out);
    assert_eq!(entity(&shop), "securitydata");
    let checked = shop.run(&["check"]);
    assert_eq!(checked.status, 0, "{}", checked.out);
    let again = shop.run(&["add", &root, "--pin", "--yes", "--entity", "securitydata"]);
    assert!(again.out.contains("ya estaba"), "{}", again.out);
    let table = std::fs::read_to_string(shop.data.path().join("trust/entities.toml")).unwrap();
    assert_eq!(table.matches("[[entity]]").count(), 1, "{table}");
}

/// What the table pins stays its entity's.
#[test]
fn a_pin_of_the_table_is_not_moved() {
    let Some(folder) = real() else { return };
    let file = std::fs::read_dir(folder.join("ca")).unwrap().next();
    let file = file.unwrap().unwrap().path();
    let shop = Shop::new();
    let file = file.to_str().unwrap();
    let said = shop.run(&["add", file, "--pin", "--yes", "--entity", "abroad"]);
    assert_eq!(said.status, 1, "{}", said.out);
    assert!(said.out.contains("no se puede pasar"), "{}", said.out);
}

fn real() -> Option<PathBuf> {
    Need::EcuadorPki.met().map(PathBuf::from)
}

/// The 65 of FirmaEC, the 4 that it lost and the 2 that it never had.
#[test]
fn sixty_five_are_kept_and_six_are_refused_with_a_reason() {
    let Some(folder) = real() else { return };
    let part = |name: &str| Path::new(&folder).join(name).to_str().unwrap().to_owned();
    let shop = Shop::new();
    let said = shop.run(&["add", &part("ca")]);
    assert_eq!(said.status, 0, "{}", said.out);
    assert!(said.out.contains("65 conservados, 0 no"), "{}", said.out);
    let said = shop.run(&["add", &part("ca-superseded"), &part("ca-external")]);
    assert_eq!(said.status, 1);
    assert!(said.out.contains("0 conservados, 6 no"), "{}", said.out);
    assert_eq!(said.out.matches("reemplazado").count(), 4, "{}", said.out);
    assert_eq!(said.out.matches("sin confirmar").count(), 2, "{}", said.out);

    let checked = shop.json(&["check", "--json"]);
    let with = |remark: &str| -> Vec<String> {
        let list = checked["certificates"].as_array().unwrap();
        let named = list.iter().filter(|one| {
            let remarks = one["remarks"].as_array().unwrap();
            remarks.iter().any(|it| it == remark)
        });
        let mut ids: Vec<String> = named
            .map(|one| one["entity"].as_str().unwrap().to_owned())
            .collect();
        ids.sort();
        ids
    };
    assert_eq!(with("chain_incomplete"), ["digercic", "securitydata"]);
    assert_eq!(
        with("expired_as_known"),
        ["alphatechnologies", "bce", "securitydata"]
    );
    assert_eq!(with("held_back"), ["argosdata", "argosdata"]);
    assert!(with("not_pinned").is_empty());
    // LDAP only, lists that the CA itself would make about itself, or nothing at all.
    let unaskable = [
        "appfirmas",
        "corpnewbest",
        "corpnewbest",
        "corpnewbest",
        "datil",
        "lazzate",
        "securitydata",
    ];
    assert_eq!(with("status_unaskable"), unaskable);
    assert_eq!(checked["good"], false);

    // Once the operator answers for the missing root, the chain of most signers in the country is whole.
    let root = format!("{}/securitydata-root-ca2-2019.pem", part("ca-external"));
    assert_eq!(shop.run(&["add", &root, "--pin", "--yes"]).status, 0);
    let checked = shop.json(&["check", "--json"]);
    let list = checked["certificates"].as_array().unwrap();
    let broken = list.iter().filter(|one| {
        let remarks = one["remarks"].as_array().unwrap();
        remarks.iter().any(|it| it == "chain_incomplete")
    });
    assert_eq!(broken.count(), 1);
}

/// Subordinates whose addresses don't say whether they are revoked: the operator has to bring the list of their root. The address
/// of the fixtures is nobody's (RFC 2606).
#[test]
fn a_subordinate_whose_addresses_do_not_answer_is_named_until_a_list_settles_it() {
    let shop = Shop::new();
    let trust = shop.data.path().join("trust");
    for folder in ["roots", "intermediates", "crls"] {
        std::fs::create_dir_all(trust.join(folder)).unwrap();
    }
    let keep = |folder: &str, name: &str, bytes: &[u8]| {
        std::fs::write(trust.join(folder).join(name), bytes).unwrap();
    };
    for root in pki::roots() {
        keep("roots", &root.name, &root.der);
    }
    for subordinate in pki::intermediates() {
        keep("intermediates", &subordinate.name, &subordinate.der);
    }
    let table = toml::to_string(&pki::additions()).unwrap();
    std::fs::write(trust.join("entities.toml"), table).unwrap();
    let named = |arguments: &[&str], words: &str| {
        let said = shop.run(arguments);
        (said.status, said.out.matches(words).count())
    };
    let spanish =
        "sus direcciones no dicen si está revocada: ponga la lista (CRL) de su raíz en trust/crls";
    let english = "put the list (CRL) of its root into trust/crls";
    assert_eq!(named(&["check"], spanish), (0, 0), "nobody was asked");
    assert_eq!(named(&["check", "--online"], spanish), (1, 3));
    let in_english = ["--lang", "en", "check", "--online"];
    assert_eq!(named(&in_english, english), (1, 3));
    for list in pki::crls(jiff::Timestamp::now()) {
        keep("crls", &list.name, &list.der);
    }
    assert_eq!(named(&["check", "--online"], "trust/crls"), (0, 0));
}

/// Where nobody is asked, lists of the operator alone let anybody be accepted.
#[test]
fn where_nobody_is_asked_a_subordinate_without_lists_in_force_is_named() {
    let shop = Shop::new();
    let trust = shop.data.path().join("trust");
    for folder in ["roots", "intermediates", "crls"] {
        std::fs::create_dir_all(trust.join(folder)).unwrap();
    }
    let keep = |folder: &str, material: pki::Material| {
        std::fs::write(trust.join(folder).join(material.name), material.der).unwrap();
    };
    for (folder, materials) in [
        ("roots", pki::roots()),
        ("intermediates", pki::intermediates()),
    ] {
        for material in materials {
            keep(folder, material);
        }
    }
    let table = toml::to_string(&pki::additions()).unwrap();
    std::fs::write(trust.join("entities.toml"), table).unwrap();
    let config = shop.file("clavero.toml", b"[fetch]\nenabled = false\n");
    let checked = || shop.run(&["check", "--config", &config]);
    let nobody = "no se le pregunta a nadie";
    let (status, out) = (checked().status, checked().out);
    assert_eq!((status, out.matches(nobody).count()), (1, 3), "{out}");

    let now = jiff::Timestamp::now();
    let hours = jiff::SignedDuration::from_hours;
    for list in pki::crls(now - hours(30)) {
        keep("crls", list);
    }
    let whole = checked();
    assert_eq!(whole.status, 0, "{}", whole.out);
    for (ends, status, words) in [
        (now + hours(1), 0, "! prueba-uno"),
        (now - hours(1), 1, "✗ prueba-uno"),
    ] {
        let list = pki::list(pki::Entity::Uno, true, now - hours(30), ends);
        keep("crls", list);
        let said = checked();
        assert_eq!(said.status, status, "{}", said.out);
        assert!(said.out.contains(words), "{words}: {}", said.out);
        assert_eq!(said.out.contains(nobody), status == 1, "{}", said.out);
    }
}

/// The addresses of the table are asked within the configured limits, and only what matches a pin is kept.
#[test]
fn what_the_addresses_give_is_kept_when_it_is_what_is_pinned() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (shop, server) = (Shop::new(), runtime.block_on(Authority::start()));
    let roots = pki::roots();
    let row = |der: &[u8], path: &str| Row {
        aia: vec![server.at(path)],
        crl: vec![server.at("/lista.crl")],
        ..Row::pin(
            &Certificate::parse(der.to_vec()).unwrap(),
            Role::Root,
            Status::Accepted,
        )
    };
    let additions = Additions {
        entities: vec![Entity {
            id: "ensayo".to_owned(),
            name: "ENTIDAD DE ENSAYO".to_owned(),
            authorities: vec![
                row(&roots[0].der, "/una.cer"),
                row(&roots[1].der, "/dos.cer"),
            ],
            ..Entity::default()
        }],
        ..Additions::default()
    };
    let folder = shop.data.path().join("trust");
    std::fs::create_dir_all(&folder).unwrap();
    let table = toml::to_string(&additions).unwrap();
    std::fs::write(folder.join("entities.toml"), table).unwrap();
    server.set("/una.cer", Does::Give(roots[0].der.clone()));
    // The second address gives a certificate that nothing pins.
    server.set("/dos.cer", Does::Give(roots[2].der.clone()));
    server.set(
        "/lista.crl",
        Does::Give(pki::crls(jiff::Timestamp::now())[0].der.clone()),
    );

    let fetch = ["fetch", "--entity", "ensayo"];
    let said = shop.run(&fetch);
    assert_eq!(said.status, 1, "{}", said.out);
    assert_eq!(server.all_visits(), 0, "loopback is no public address");

    let path = shop.data.path().join("clavero.toml");
    let config = format!(
        "data_dir = {:?}\n[fetch]\nallow_private_targets = true\n",
        shop.data.path()
    );
    std::fs::write(&path, config).unwrap();
    let config = ["--config", path.to_str().unwrap()];
    let said = shop.run(&[&fetch[..], &config].concat());
    assert_eq!(said.status, 1, "{}", said.out);
    assert!(said.out.contains("1 conservados, 1 no"), "{}", said.out);
    let listed = shop.json(&["list", "--json"]);
    assert_eq!(listed["certificates"].as_array().unwrap().len(), 1);
    assert_eq!(listed["certificates"][0]["entity"], "ensayo");
    assert_eq!(listed["digest"].as_str().unwrap(), shop.recorded().unwrap());

    let checked = shop.json(&[&["check", "--online", "--json"][..], &config].concat());
    let asked = checked["addresses"].as_array().unwrap();
    assert_eq!(asked.len(), 1, "{checked}");
    assert_eq!(asked[0]["answers"], true, "{checked}");
    assert_eq!(shop.run(&["fetch", "--entity", "nadie"]).status, 3);
}

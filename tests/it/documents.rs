//! One suite for every store of documents: a folder, a table on either engine, a bucket. What is kept is read, what was
//! changed is noticed, what nobody names goes, and a store that is away loses nothing.

use std::fs;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use clavero::documents::{DocumentError, Documents, Kept, S3Settings, Settings};
use clavero::domain::{Sha256, State};
use clavero::fixture::people::CAFE;
use clavero::intake::{IntakeError, Unready};
use clavero::protection::Keyring;
use clavero::store::Store;
use futures::Stream;
use jiff::{SignedDuration, Timestamp};
use reqwest::StatusCode;
use tempfile::TempDir;

use crate::bench::{Bench, HOUR, Petition};
use crate::bucket::{self, Bucket};
use crate::ground::fresh_postgres;
use crate::need::Need;
use crate::running::PATIENCE;
use crate::served::{Served, clavero, write_trust};

/// A key of protection.
const KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// An empty store of documents, and what it stands on.
struct Shop {
    name: &'static str,
    folder: TempDir,
    settings: Settings,
    database: String,
    store: Store,
    documents: Documents,
    bucket: Option<Bucket>,
}

impl Shop {
    async fn on(name: &'static str, database: Option<String>, bucket: Option<Bucket>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clavero.sqlite").display().to_string();
        let database = database.unwrap_or(format!("sqlite://{file}?mode=rwc"));
        let store = Store::open(&database).await.unwrap();
        let settings = match &bucket {
            Some(bucket) => bucket.settings(),
            None if name == "folder" => Settings::Folder(folder.path().join("documents")),
            None => Settings::Database,
        };
        Self {
            name,
            documents: Documents::open(&settings, &store).unwrap(),
            folder,
            settings,
            database,
            store,
            bucket,
        }
    }

    /// One of each kind that can be had here.
    async fn all(test: &str) -> Vec<Self> {
        let mut shops = vec![
            Self::on("folder", None, None).await,
            Self::on("sqlite", None, None).await,
        ];
        if let Some(server) = Need::Postgres.met() {
            let database = fresh_postgres(&server, &format!("documents_{test}")).await;
            shops.push(Self::on("postgres", Some(database), None).await);
        }
        if let Some(bucket) = Bucket::start() {
            shops.push(Self::on("s3", None, Some(bucket)).await);
        }
        shops
    }

    /// The same documents as another instance sees them.
    fn seen_by_another(&self) -> Documents {
        Documents::open(&self.settings, &self.store).unwrap()
    }

    fn protected(&self) -> Documents {
        let keys = Keyring::from_base64([KEY]).unwrap();
        self.seen_by_another().with_keys(keys)
    }

    /// The files in which the bytes lie; for a table, none.
    fn files(&self) -> Vec<PathBuf> {
        match (&self.bucket, self.name) {
            (Some(bucket), _) => bucket::files(&bucket.folder()),
            (None, "folder") => bucket::files(&self.folder.path().join("documents")),
            _ => Vec::new(),
        }
    }

    /// What really lies in the store for this digest, wherever it is.
    async fn raw(&self, sha256: Sha256) -> Vec<u8> {
        let text = sha256.to_string();
        if let Some(file) = self.files().iter().find(|file| file.ends_with(&text)) {
            return fs::read(file).unwrap();
        }
        sqlx::query_scalar("select bytes from blobs where item = $1")
            .bind(text)
            .fetch_one(&self.raw_database().await)
            .await
            .unwrap()
    }

    /// Changes what lies there behind the back of the store.
    async fn damage(&self, sha256: Sha256, bytes: &[u8]) {
        let text = sha256.to_string();
        match self.files().iter().find(|file| file.ends_with(&text)) {
            Some(file) => fs::write(file, bytes).unwrap(),
            None => {
                sqlx::query("update blobs set bytes = $1 where item = $2")
                    .bind(bytes.to_vec())
                    .bind(text)
                    .execute(&self.raw_database().await)
                    .await
                    .unwrap();
            }
        }
    }

    /// Lets nobody write pieces any more, though everything else is as it was, or everybody again.
    async fn may_write(&self, may: bool) {
        let place = match (&self.bucket, self.name) {
            (Some(bucket), _) => bucket.folder().join(bucket::PREFIX).join("pieces"),
            (None, "folder") => self.folder.path().join("documents/pieces"),
            _ => {
                let (from, to) = if may {
                    ("lost", "bytes")
                } else {
                    ("bytes", "lost")
                };
                return self
                    .alter(&format!("alter table blobs rename column {from} to {to}"))
                    .await;
            }
        };
        if may {
            fs::remove_file(place).unwrap();
        } else {
            let _ = fs::remove_dir_all(&place);
            fs::write(place, "in the way").unwrap();
        }
    }

    /// Takes the store away altogether.
    async fn close(&mut self) {
        match (&mut self.bucket, self.name) {
            (Some(bucket), _) => bucket.stop(),
            (None, "folder") => fs::remove_dir_all(self.folder.path().join("documents")).unwrap(),
            _ => self.alter("alter table blobs rename to lost").await,
        }
    }

    async fn alter(&self, statement: &str) {
        let statement = sqlx::AssertSqlSafe(statement.to_owned());
        let database = self.raw_database().await;
        sqlx::raw_sql(statement).execute(&database).await.unwrap();
    }

    async fn raw_database(&self) -> sqlx::AnyPool {
        sqlx::any::install_default_drivers();
        sqlx::AnyPool::connect(&self.database).await.unwrap()
    }
}

fn stream(parts: &[&'static str]) -> impl Stream<Item = Result<Bytes, ()>> + Send + use<> {
    let parts: Vec<_> = parts.iter().map(|part| Ok(Bytes::from(*part))).collect();
    futures::stream::iter(parts)
}

#[tokio::test]
async fn a_document_is_kept_under_its_digest_and_limits_hold() {
    for shop in Shop::all("kept").await {
        let (name, documents) = (shop.name, &shop.documents);
        documents.ready(Timestamp::now()).await.unwrap();
        let kept = documents.keep(10, stream(&["abc", "def"])).await.unwrap();
        let expected = Kept {
            sha256: Sha256::of(b"abcdef"),
            bytes: 6,
        };
        assert_eq!(kept, expected, "{name}");
        assert_eq!(documents.read(kept.sha256).await.unwrap(), "abcdef");
        assert_eq!(shop.raw(kept.sha256).await, b"abcdef", "{name}");
        let another = shop.seen_by_another();
        assert!(another.holds(kept.sha256).await.unwrap(), "{name}");
        assert_eq!(another.read(kept.sha256).await.unwrap(), "abcdef", "{name}");

        let long = documents.keep(5, stream(&["abc", "def"])).await;
        assert!(matches!(long, Err(DocumentError::TooLarge(5))), "{name}");
        let empty = documents.keep(5, stream(&[])).await;
        assert!(matches!(empty, Err(DocumentError::Empty)), "{name}");
        let cut = futures::stream::iter([Ok(Bytes::from_static(b"ab")), Err(())]);
        let cut = documents.keep(5, cut).await;
        assert!(matches!(cut, Err(DocumentError::Aborted)), "{name}");
        let nowhere = Sha256::of(b"never kept");
        assert!(!documents.holds(nowhere).await.unwrap(), "{name}");
        let missing = documents.read(nowhere).await;
        assert!(
            matches!(missing, Err(DocumentError::Missing)),
            "{name}: {missing:?}"
        );
    }
}

#[tokio::test]
async fn whoever_asks_hears_whether_documents_can_be_read_and_written() {
    for mut shop in Shop::all("ready").await {
        let name = shop.name;
        let began = Timestamp::now();
        let ready = async |shop: &Shop, seconds| {
            let now = began + SignedDuration::from_secs(seconds);
            shop.documents.ready(now).await
        };
        ready(&shop, 0).await.unwrap();
        shop.may_write(false).await;
        ready(&shop, 9)
            .await
            .expect("bytes are not written for everybody who asks");
        let asked = ready(&shop, 10).await;
        assert!(asked.is_err(), "{name}: nothing can be written");
        shop.may_write(true).await;
        ready(&shop, 11).await.unwrap();
        let left = shop.documents.pieces().await.unwrap();
        assert!(left.is_empty(), "{name}: {left:?}");
        shop.close().await;
        let asked = ready(&shop, 12).await;
        assert!(asked.is_err(), "{name}: nothing is there any more");
    }
}

#[tokio::test]
async fn a_document_of_ten_megabytes_comes_back_as_it_went() {
    for shop in Shop::all("large").await {
        let bytes: Vec<u8> = (0..10_000_000_u32).map(|n| (n % 251) as u8).collect();
        let kept = shop
            .documents
            .keep_bytes(bytes.clone().into())
            .await
            .unwrap();
        let read = shop.documents.read(kept.sha256).await.unwrap();
        assert!(read == bytes, "{}", shop.name);
    }
}

#[tokio::test]
async fn a_changed_document_is_noticed() {
    for shop in Shop::all("changed").await {
        let kept = shop.documents.keep_bytes("abc".into()).await.unwrap();
        for (bytes, what) in [
            (b"abd".as_slice(), "changed"),
            (b"ab", "cut"),
            (b"", "empty"),
        ] {
            shop.damage(kept.sha256, bytes).await;
            let read = shop.documents.read(kept.sha256).await;
            let noticed = matches!(read, Err(DocumentError::Damaged));
            assert!(noticed, "{}, {what}: {read:?}", shop.name);
        }
        // Kept once more it is whole again.
        shop.documents.keep_bytes("abc".into()).await.unwrap();
        assert_eq!(shop.documents.read(kept.sha256).await.unwrap(), "abc");
    }
}

#[tokio::test]
async fn with_a_key_nothing_readable_lies_in_the_store() {
    for shop in Shop::all("protected").await {
        let (name, plain, protected) = (shop.name, &shop.documents, shop.protected());
        let secret = Bytes::from_static(b"the signed petition of a company");
        let before = plain.keep_bytes("kept before".into()).await.unwrap();
        let kept = protected.keep_bytes(secret.clone()).await.unwrap();
        let upload = Sha256::of(b"upload");
        let piece = protected
            .keep_piece(upload, secret.slice(4..10))
            .await
            .unwrap();
        assert!(
            !shop
                .raw(kept.sha256)
                .await
                .windows(6)
                .any(|part| part == b"signed"),
            "{name}"
        );
        assert_eq!(protected.read(kept.sha256).await.unwrap(), secret, "{name}");
        assert_eq!(protected.read(before.sha256).await.unwrap(), "kept before");
        assert_eq!(protected.read_piece(upload, piece).await.unwrap(), "signed");
        let locked = plain.read(kept.sha256).await;
        assert!(
            matches!(locked, Err(DocumentError::Protection(_))),
            "{name}: {locked:?}"
        );
        let mut kinds = Vec::new();
        let renewed = protected
            .each_kept(true, |kind| kinds.push(kind))
            .await
            .unwrap();
        assert_eq!(
            (renewed, kinds.len()),
            (1, 3),
            "{name}: the one from before"
        );
        assert_eq!(
            protected.each_kept(true, |_| ()).await.unwrap(),
            0,
            "{name}"
        );
        assert_eq!(protected.read(before.sha256).await.unwrap(), "kept before");
    }
}

#[tokio::test]
async fn nothing_is_left_of_pieces_even_after_a_kill() {
    for shop in Shop::all("pieces").await {
        let (name, documents) = (shop.name, &shop.documents);
        let (upload, other) = (Sha256::of(b"upload"), Sha256::of(b"another upload"));
        let mut pieces = Vec::new();
        for part in ["one", "two", "three"] {
            pieces.push(documents.keep_piece(upload, part.into()).await.unwrap());
        }
        let stays = documents.keep_piece(other, "one".into()).await.unwrap();
        // What arrives at one instance is read by any other.
        let read = shop.seen_by_another().read_piece(upload, pieces[2]).await;
        assert_eq!(read.unwrap(), "three", "{name}");
        let place = shop
            .folder
            .path()
            .join(format!("documents/pieces/{upload}"));
        if name == "folder" {
            // Where a file is staged until it is whole.
            fs::write(place.join(format!("{}#1", pieces[0])), "on").unwrap();
        }
        for _ in 0..2 {
            documents.forget_pieces(upload).await.unwrap();
            let gone = documents.read_piece(upload, pieces[0]).await;
            assert!(
                matches!(gone, Err(DocumentError::Missing)),
                "{name}: {gone:?}"
            );
            assert!(!place.exists());
        }
        assert_eq!(
            documents.read_piece(other, stays).await.unwrap(),
            "one",
            "{name}"
        );
        let left = documents.uploads_with_pieces(Timestamp::MAX).await.unwrap();
        assert_eq!(left.into_iter().collect::<Vec<_>>(), [other], "{name}");
    }
}

#[tokio::test]
async fn the_same_document_from_many_sides_is_one_document() {
    for shop in Shop::all("many").await {
        let writers = (0..16).map(|_| {
            let documents = shop.seen_by_another();
            tokio::spawn(async move { documents.keep_bytes("the same".into()).await })
        });
        for written in futures::future::join_all(writers).await {
            written.unwrap().unwrap();
        }
        let sha256 = Sha256::of(b"the same");
        assert_eq!(shop.documents.read(sha256).await.unwrap(), "the same");
        let slice = shop.documents.slice(sha256.as_bytes()[0]).await.unwrap();
        assert_eq!(slice.len(), 1, "{}", shop.name);
        assert_eq!(slice[0].sha256, sha256, "{}", shop.name);
    }
}

#[tokio::test]
async fn what_is_put_aside_is_read_until_it_is_forgotten() {
    for shop in Shop::all("aside").await {
        let (name, documents) = (shop.name, &shop.documents);
        let kept = documents.keep_bytes("abc".into()).await.unwrap();
        for _ in 0..2 {
            documents.discard(kept.sha256).await.unwrap();
            assert!(!documents.holds(kept.sha256).await.unwrap(), "{name}");
            assert_eq!(documents.read(kept.sha256).await.unwrap(), "abc", "{name}");
        }
        documents.bring_back(kept.sha256).await.unwrap();
        assert!(documents.holds(kept.sha256).await.unwrap(), "{name}");
        assert!(documents.put_aside().await.unwrap().is_empty(), "{name}");
        documents.discard(kept.sha256).await.unwrap();
        // Somebody keeps the same bytes again: that is another document than the one aside.
        documents.keep_bytes("abc".into()).await.unwrap();
        for _ in 0..2 {
            documents.forget(kept.sha256).await.unwrap();
            assert_eq!(documents.read(kept.sha256).await.unwrap(), "abc", "{name}");
        }
        documents.discard(kept.sha256).await.unwrap();
        documents.forget(kept.sha256).await.unwrap();
        let gone = documents.read(kept.sha256).await;
        assert!(
            matches!(gone, Err(DocumentError::Missing)),
            "{name}: {gone:?}"
        );
    }
}

/// Everything the bench's documents hold, after it was tidied up twice.
async fn tidied(bench: &Bench) -> clavero::intake::Tidied {
    bench.intake.tidy(0..=u8::MAX).await.unwrap()
}

/// The stores say what time it is by themselves; the bench's clock goes there first.
fn come_to_today(bench: &Bench) {
    bench.pass(Timestamp::now().duration_since(bench.intake.now()));
}

#[tokio::test]
async fn what_no_row_names_goes_and_what_one_names_stays() {
    for bench in Bench::on_each_store("orphans").await {
        let documents = bench.documents();
        let petition = bench.signed_petition(CAFE, "lucia", None).await;
        let rows = bench
            .intake
            .store()
            .documents(&petition.number)
            .await
            .unwrap();
        let named = rows[0].sha256;
        // Killed between keeping and committing.
        let orphan = documents
            .keep_bytes("nobody's".into())
            .await
            .unwrap()
            .sha256;
        let lost = Sha256::of(b"an upload that is no more");
        documents.keep_piece(lost, "piece".into()).await.unwrap();
        come_to_today(&bench);
        assert_eq!(tidied(&bench).await, clavero::intake::Tidied::default());

        bench.pass(HOUR * 2);
        let first = tidied(&bench).await;
        assert_eq!((first.put_aside, first.deleted, first.uploads), (1, 0, 1));
        assert!(
            documents.read(orphan).await.is_ok(),
            "not before it is sure"
        );
        // Somebody is about to name it, and somebody puts aside what is named: both come back.
        documents.discard(named).await.unwrap();
        bench.pass(HOUR * 2);
        let second = tidied(&bench).await;
        assert_eq!((second.deleted, second.brought_back), (1, 1));
        let gone = documents.read(orphan).await;
        assert!(matches!(gone, Err(DocumentError::Missing)), "{gone:?}");
        assert!(documents.holds(named).await.unwrap());
        assert_eq!(tidied(&bench).await, clavero::intake::Tidied::default());
        // Form, document, evidence, trust: the decision can be made again from what is kept.
        let again = bench.intake.reprocess(&petition.number).await.unwrap();
        assert!(again.differences().is_empty(), "{:?}", again.differences());
    }
}

#[tokio::test]
async fn while_the_bucket_is_away_nothing_is_taken_and_nothing_lost() {
    let Some(bucket) = Bucket::start() else {
        return;
    };
    let mut bench = Bench::with_bucket("away", bucket).await;
    let petition = bench.petition(CAFE, None).await;
    let early = bench.petition(CAFE, None).await;
    let receive = async |bench: &Bench, petition: &Petition| {
        let signed = bench.sign(&petition.form, "lucia");
        bench.upload(Some(&petition.number), &signed).await
    };
    receive(&bench, &early).await.unwrap();
    bench.bucket_mut().stop();

    let ready = bench.intake.ready().await;
    assert!(matches!(ready, Err(Unready::Documents(_))), "{ready:?}");
    let refused = receive(&bench, &petition).await;
    assert!(
        matches!(refused, Err(IntakeError::Unavailable(_))),
        "{refused:?}"
    );
    // However often it is tried meanwhile, the one that has its receipt does not go to a person.
    for _ in 0..12 {
        assert!(bench.intake.process_next().await.unwrap());
        bench.pass(SignedDuration::from_mins(1));
    }
    assert_eq!(bench.status(&early).await.state, State::Received);

    bench.bucket_mut().start_again();
    bench.intake.ready().await.unwrap();
    bench.work().await;
    assert_eq!(bench.status(&early).await.state, State::Approved);
    receive(&bench, &petition).await.unwrap();
}

#[tokio::test]
async fn a_bucket_that_is_not_there_or_a_wrong_key_is_told() {
    let Some(bucket) = Bucket::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let store = Store::sqlite(&folder.path().join("x.sqlite"))
        .await
        .unwrap();
    let Settings::S3(right) = bucket.settings() else {
        unreachable!()
    };
    let elsewhere = S3Settings {
        bucket: "elsewhere".to_owned(),
        ..right.clone()
    };
    let documents = Documents::open(&Settings::S3(elsewhere), &store).unwrap();
    assert!(documents.ready(Timestamp::now()).await.is_err());
    let mut wrong = [right.clone(), right];
    wrong[0].secret = "another secret".into();
    wrong[1].key_id = "somebody".to_owned();
    for settings in wrong {
        let documents = Documents::open(&Settings::S3(settings), &store).unwrap();
        assert!(documents.ready(Timestamp::now()).await.is_err());
        assert!(documents.probe().await.is_err());
        assert!(documents.keep_bytes("x".into()).await.is_err());
    }
    assert!(bucket::files(Path::new(&bucket.folder())).is_empty());
}

#[tokio::test]
async fn a_service_on_a_bucket_says_when_it_is_away() {
    let Some(mut bucket) = Bucket::start() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path();
    write_trust(data);
    let keys = bucket.keys();
    let on_bucket = |arguments: &[&str]| {
        let mut command = clavero(data, arguments);
        command.envs(keys.clone());
        command
    };
    let checked = on_bucket(&["check-config"]).output().unwrap();
    let said = String::from_utf8_lossy(&checked.stdout).into_owned();
    assert!(said.contains("✓ documents in the bucket"), "{said}");
    assert!(!said.contains(bucket::SECRET), "{said}");
    let served = Served::start_as(on_bucket(&["serve"]));
    let client = reqwest::Client::builder()
        .timeout(PATIENCE)
        .build()
        .unwrap();
    let at = |path: &str| format!("{}{path}", served.url);
    let ready = async || client.get(at("/salud/lista")).send().await.unwrap();
    let upload = async || {
        let document = client
            .post(at("/api/v1/documents"))
            .body("%PDF-1.7 a letter");
        document.send().await.unwrap()
    };
    assert_eq!(ready().await.status(), StatusCode::OK);
    assert_eq!(upload().await.status(), StatusCode::ACCEPTED);
    assert!(!data.join("documents").exists(), "nothing lies here");

    bucket.stop();
    for answer in [ready().await, upload().await] {
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key("retry-after"));
    }
    bucket.start_again();
    assert_eq!(ready().await.status(), StatusCode::OK);
    assert_eq!(upload().await.status(), StatusCode::ACCEPTED);
    served.tell_to_stop();
    served.ended();
}

//! Documents that arrive in pieces over a bad line (PRODUCT S20). Every piece is on disk before it counts, an upload moves on
//! only from where its writer found it, and a document is taken only when all its bytes have the digest announced at the
//! beginning: pieces of two files never become one.

use bytes::{Bytes, BytesMut};
use futures::{Stream, StreamExt};
use jiff::Timestamp;

use super::arriving::check_no_key;
use super::receiving::awaits_another;
use super::{Intake, IntakeError, Receipt, internal};
use crate::documents::Kept;
use crate::domain::{PetitionNumber, Sha256, State, Token};
use crate::store::{StoreError, UploadRow};

/// Bytes that are kept at once: at 256 kbit/s eight seconds' worth, so that a dead line costs no more than that.
const PIECE_BYTES: usize = 256 * 1024;

/// A request that brings less than this has next to nothing to show for a file of its own, and its sync.
const LITTLE_BYTES: u64 = 16 * 1024;

/// Uploads under way for one petition: the telephone, the office's machine, some forgotten. One more makes the oldest give way:
/// a browser that forgot what it had begun must not be kept out for as long as that lives.
const OPEN_UPLOADS: usize = 5;

/// A piece that somebody sends.
#[derive(Debug, Clone, Copy)]
pub struct Piece<'a> {
    /// Address of the upload.
    pub id: &'a Token,
    /// The secret of the petition that it is for, from whoever holds it.
    pub secret: Option<&'a Token>,
    /// Where it begins.
    pub offset: u64,
    /// How long it is, if its sender said so.
    pub announced: Option<u64>,
}

/// How far an upload has come.
#[derive(Debug, Clone)]
pub struct UploadState {
    /// Bytes that are kept.
    pub offset: u64,
    /// Bytes of the whole document.
    pub length: u64,
    /// Until when it can be continued.
    pub expires_at: Timestamp,
    /// The receipt, once the document is whole and was taken.
    pub receipt: Option<Receipt>,
}

impl Intake {
    /// Begins an upload of `length` bytes with this digest; the token is its address.
    pub async fn begin_upload(
        &self,
        under: Option<&PetitionNumber>,
        sha256: Sha256,
        length: u64,
    ) -> Result<(Token, UploadState), IntakeError> {
        let at = self.now();
        let store = self.store();
        self.check_space()?;
        if length == 0 {
            return Err(IntakeError::Empty);
        }
        if length > self.settings().upload_bytes {
            return Err(IntakeError::TooLarge(self.settings().upload_bytes));
        }
        let mut expires_at = at + self.settings().petition_life;
        if let Some(number) = under {
            let petition = self.followed(number).await?.ok_or(IntakeError::NotFound)?;
            if petition.has_lived(at) {
                return Err(IntakeError::Expired);
            }
            if matches!(petition.state, State::Completed | State::Archived) {
                return Err(IntakeError::AlreadyUsed);
            }
            let open = store.open_uploads(number, at).await?;
            let too_many = (open.len() + 1).saturating_sub(OPEN_UPLOADS);
            for oldest in open.into_iter().take(too_many) {
                self.forget_upload(oldest).await?;
            }
            expires_at = petition.expires_at;
        }
        self.forget_ended_uploads(at).await?;
        let id = self.token();
        let upload = UploadRow {
            id: id.hash(),
            number: under.cloned(),
            sha256,
            length,
            offset: 0,
            expires_at,
            received_at: None,
        };
        store.begin_upload(&upload, at).await?;
        Ok((id, state_of(&upload, None)))
    }

    /// How far an upload has come. One that is whole is taken now, should a crash have come between.
    pub async fn upload_state(&self, id: &Token) -> Result<UploadState, IntakeError> {
        let upload = self.open_upload(id).await?;
        self.take_when_whole(id, None, upload).await
    }

    /// Whether a piece continues an upload.
    pub async fn check_piece(&self, piece: Piece<'_>) -> Result<(), IntakeError> {
        self.upload_at(piece).await.map(|_| ())
    }

    async fn upload_at(&self, piece: Piece<'_>) -> Result<UploadRow, IntakeError> {
        let Piece {
            offset, announced, ..
        } = piece;
        let upload = self.open_upload(piece.id).await?;
        self.check_space()?;
        if offset != upload.offset {
            return Err(IntakeError::WrongOffset(upload.offset));
        }
        if announced.is_some_and(|bytes| bytes > upload.length - upload.offset) {
            return Err(IntakeError::TooLarge(upload.length));
        }
        Ok(upload)
    }

    /// Adds the bytes of a piece. What arrived before the line broke is kept.
    /// `may_be_little` is asked before next to nothing is kept that does not end the document; a refusal says for how many
    /// seconds.
    pub async fn append_upload<E>(
        &self,
        from: Piece<'_>,
        body: impl Stream<Item = Result<Bytes, E>> + Send,
        may_be_little: impl Fn() -> Result<(), u64> + Send,
    ) -> Result<UploadState, IntakeError> {
        let mut upload = self.upload_at(from).await?;
        let mut body = std::pin::pin!(body);
        let mut piece = BytesMut::new();
        let mut broken = false;
        while let Some(chunk) = body.next().await {
            let Ok(chunk) = chunk else {
                broken = true;
                break;
            };
            let here = upload.offset + piece.len() as u64;
            if here.saturating_add(chunk.len() as u64) > upload.length {
                return Err(IntakeError::TooLarge(upload.length));
            }
            piece.extend_from_slice(&chunk);
            if piece.len() >= PIECE_BYTES {
                self.keep_piece(&mut upload, piece.split().freeze()).await?;
            }
        }
        let here = upload.offset + piece.len() as u64;
        let is_little = here - from.offset < LITTLE_BYTES && here < upload.length;
        if !piece.is_empty() && is_little {
            may_be_little().map_err(|wait| IntakeError::TooMany(Some(wait)))?;
        }
        if !piece.is_empty() {
            self.keep_piece(&mut upload, piece.freeze()).await?;
        }
        if broken {
            return Err(IntakeError::Aborted);
        }
        self.take_when_whole(from.id, from.secret, upload).await
    }

    /// Gives up an upload that was not taken.
    pub async fn abandon_upload(&self, id: &Token) -> Result<(), IntakeError> {
        let upload = self.open_upload(id).await?;
        if upload.received_at.is_some() {
            return Err(IntakeError::AlreadyUsed);
        }
        self.forget_upload(upload.id).await
    }

    async fn open_upload(&self, id: &Token) -> Result<UploadRow, IntakeError> {
        let upload = self.store().upload(id.hash()).await?;
        upload
            .filter(|upload| self.now() < upload.expires_at)
            .ok_or(IntakeError::NotFound)
    }

    async fn keep_piece(&self, upload: &mut UploadRow, piece: Bytes) -> Result<(), IntakeError> {
        if upload.offset == 0 {
            self.check_no_key(upload, &piece).await?;
        }
        let bytes = piece.len() as u64;
        let kept = self.inner.documents.keep_piece(upload.id, piece).await?;
        match self.store().advance_upload(upload, kept, bytes).await {
            Ok(()) => {
                upload.offset += bytes;
                Ok(())
            }
            // Another writer was quicker: what it wrote counts.
            Err(StoreError::Stale) => {
                let now = self.store().upload(upload.id).await?;
                Err(IntakeError::WrongOffset(now.map_or(0, |now| now.offset)))
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Takes the document when every byte is here: then it goes the way of any other.
    async fn take_when_whole(
        &self,
        id: &Token,
        holder: Option<&Token>,
        upload: UploadRow,
    ) -> Result<UploadState, IntakeError> {
        if upload.offset < upload.length {
            return Ok(state_of(&upload, None));
        }
        let secret = secret_of_letter(id);
        let at = self.now();
        if upload.received_at.is_none() {
            let room = self.inner.arrived.take(upload.length).await?;
            let whole = self.assemble(&upload).await?;
            let kept = self.inner.documents.keep_bytes(whole).await?;
            drop(room);
            let taken = match &upload.number {
                Some(number) => self.receive_kept(number, holder, kept, at).await,
                None => self.receive_letter(&upload, &secret, kept, at).await,
            };
            if let Err(error) = taken {
                if !matches!(
                    error,
                    IntakeError::Internal(_)
                        | IntakeError::Unavailable(_)
                        | IntakeError::InProgress
                ) {
                    self.forget_upload(upload.id).await?;
                }
                return Err(error);
            }
            self.store().upload_received(upload.id, at).await?;
            self.inner.documents.forget_pieces(upload.id).await?;
            self.inner.documents_waiting.notify_one();
        }
        let receipt = self.receipt_of(&upload, &secret).await?;
        Ok(state_of(&upload, Some(receipt)))
    }

    /// All pieces in order, when they have the digest that was announced.
    async fn assemble(&self, upload: &UploadRow) -> Result<Bytes, IntakeError> {
        let mut whole = BytesMut::new();
        for piece in self.store().upload_pieces(upload.id).await? {
            let bytes = self.inner.documents.read_piece(upload.id, piece).await?;
            whole.extend_from_slice(&bytes);
        }
        // Its beginning may have come byte by byte.
        self.check_no_key(upload, &whole).await?;
        if Sha256::of(&whole) == upload.sha256 {
            return Ok(whole.freeze());
        }
        self.forget_upload(upload.id).await?;
        Err(IntakeError::WrongDigest)
    }

    /// A letter gets its number before it is taken, so that taking it twice is taking it once: that of the petition which the same
    /// bytes keep alive, or a fresh one.
    async fn receive_letter(
        &self,
        upload: &UploadRow,
        secret: &Token,
        kept: crate::documents::Kept,
        at: Timestamp,
    ) -> Result<Receipt, IntakeError> {
        let number = match self.living_on(kept.sha256).await? {
            Some(living) => living.number,
            None => self.fresh_number(at).await?,
        };
        let named = self.store().name_upload(upload.id, &number).await?;
        let number = named.ok_or(IntakeError::NotFound)?;
        if self.store().petition(&number).await?.is_some() {
            return self.receive_kept(&number, None, kept, at).await;
        }
        self.receive_without_number(number, secret.clone(), kept, at)
            .await
    }

    async fn receipt_of(&self, upload: &UploadRow, secret: &Token) -> Result<Receipt, IntakeError> {
        let store = self.store();
        let current = store
            .upload(upload.id)
            .await?
            .ok_or(IntakeError::NotFound)?;
        let number = current
            .number
            .ok_or_else(|| internal("a taken upload without a number"))?;
        let petition = self.followed(&number).await?;
        let petition = petition.ok_or(IntakeError::NotFound)?;
        let document = store
            .document(&petition.number, upload.sha256)
            .await?
            .ok_or_else(|| internal("a taken upload without its document"))?;
        let already = current
            .received_at
            .is_some_and(|taken| taken > document.received_at);
        // A letter's secret is the one that its number was given with; a form's was handed out with the form.
        let own = self.petition_with_secret(&number, secret).await?.is_some();
        let kept = Kept {
            sha256: upload.sha256,
            bytes: upload.length,
        };
        Ok(Receipt {
            secret: own.then(|| secret.clone()),
            already,
            in_vain: already && awaits_another(&petition),
            ..Receipt::of(number, kept, document.received_at)
        })
    }

    /// Of somebody's key nothing stays, not even that it was announced.
    async fn check_no_key(&self, upload: &UploadRow, head: &[u8]) -> Result<(), IntakeError> {
        let checked = check_no_key(head);
        if checked.is_err() {
            self.forget_upload(upload.id).await?;
        }
        checked
    }

    async fn forget_upload(&self, id: Sha256) -> Result<(), IntakeError> {
        self.store().forget_upload(id).await?;
        Ok(self.inner.documents.forget_pieces(id).await?)
    }

    async fn forget_ended_uploads(&self, at: Timestamp) -> Result<(), IntakeError> {
        for id in self.store().ended_uploads(at).await? {
            self.forget_upload(id).await?;
        }
        Ok(())
    }
}

/// The secret of a letter that came in pieces follows from the address of its upload: whoever sent it can ask again should
/// the last answer get lost, and it is stored nowhere.
fn secret_of_letter(id: &Token) -> Token {
    Token::legible_following(Sha256::of(
        format!("secret of the letter {}", id.reveal()).as_bytes(),
    ))
}

fn state_of(upload: &UploadRow, receipt: Option<Receipt>) -> UploadState {
    UploadState {
        offset: upload.offset,
        length: upload.length,
        expires_at: upload.expires_at,
        receipt,
    }
}

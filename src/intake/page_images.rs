//! What a reviewer sees of a petition's documents, and of what came with them: images of pages, never the files themselves.

use super::{Intake, IntakeError};
use crate::domain::{PetitionNumber, Sha256};
use crate::pages::{PageError, PageImage, SignedRevision};
use crate::verify::report::Report;

impl Intake {
    /// What was signed of the document that a petition is decided by.
    ///
    /// # Errors
    /// `NotFound` when there is no such petition, or no document under it any more.
    pub async fn signed_revision(
        &self,
        number: &PetitionNumber,
    ) -> Result<SignedRevision, IntakeError> {
        let petition = self.petition_kept(number).await?;
        let sha256 = petition.document.ok_or(IntakeError::NotFound)?;
        let recorded = self.store().decision(&petition.number, sha256).await?;
        let report: Option<Report> = recorded
            .and_then(|recorded| recorded.report)
            .and_then(|report| serde_json::from_value(report).ok());
        let document = self.inner.documents.read(sha256).await?;
        self.blocking(move || SignedRevision::of(&document, report.as_ref()))
            .await
    }

    /// The image of a page of it, `width` pixels wide.
    ///
    /// # Errors
    /// As for [`Intake::signed_revision`]; that there is no image is an answer, not an error.
    pub async fn page_image(
        &self,
        number: &PetitionNumber,
        page: u32,
        width: u16,
    ) -> Result<Result<PageImage, PageError>, IntakeError> {
        let signed = self.signed_revision(number).await?;
        Ok(self.inner.pages.image(&signed, page, width).await)
    }

    /// The image of a page of a file that came with a petition.
    ///
    /// # Errors
    /// When the file can't be read; that there is no image is an answer, not an error.
    pub async fn attachment_image(
        &self,
        sha256: Sha256,
        page: u32,
        width: u16,
    ) -> Result<Result<PageImage, PageError>, IntakeError> {
        let file = self.inner.documents.read(sha256).await?;
        let shown = self
            .blocking(move || SignedRevision::of_attachment(&file))
            .await?;
        Ok(self.inner.pages.image(&shown, page, width).await)
    }
}

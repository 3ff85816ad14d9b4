//! What happens, in the words of the audit log. The words are stable: they are what the log says for ever, and what can be looked for.

use super::{State, closed_list};

/// A word that is none of ours: of another release, or of another program's log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown event {0:?}")]
pub struct UnknownEvent(String);

closed_list!(
    /// What a row of the audit log says that happened.
    Event, UnknownEvent, |word| UnknownEvent(word.to_owned()), {
        /// A form was handed out.
        PetitionIssued = "petition.issued",
        /// A document waits for its decision.
        PetitionReceived = "petition.received",
        /// A person has to look.
        PetitionInReview = "petition.in_review",
        /// Approved.
        PetitionApproved = "petition.approved",
        /// Refused.
        PetitionRefused = "petition.refused",
        /// What was approved has had its effect.
        PetitionCompleted = "petition.completed",
        /// It went on under the number of its form.
        PetitionMerged = "petition.merged",
        /// The company was asked for something.
        PetitionAwaitingCompletion = "petition.awaiting_completion",
        /// The company did not send what it was asked for.
        PetitionArchived = "petition.archived",
        /// Whoever signed it represents the employer no more: what was approved has no effect.
        PetitionSignerLeft = "petition.signer_left",
        /// Its documents were deleted.
        PetitionErased = "petition.erased",
        /// A document came.
        DocumentReceived = "document.received",
        /// A document was decided under the number of its form.
        DocumentMerged = "document.merged",
        /// The machine decided a document.
        DocumentDecided = "document.decided",
        /// Nobody answered about revocation yet.
        RevocationUnanswered = "revocation.unanswered",
        /// The company attached an appointment or a power.
        AppointmentAttached = "appointment_attached",
        /// Somebody of the office took an attachment as it came.
        AttachmentTaken = "attachment.taken",
        /// What the evidence of a petition is, was fixed.
        EvidenceSealed = "evidence.sealed",
        /// Somebody took the evidence of a petition.
        EvidenceExported = "evidence.exported",
        /// The company asked for another link.
        MessageResetLink = "message.reset_link",
        /// The operator had a parked message sent again.
        MessageRetried = "message.retried",
        /// The owner was told of a key that the portal says nothing of.
        MessagePasswordChanged = "message.password_changed",
        /// An account was stopped.
        AccountFrozen = "account.frozen",
        /// A denied address was taken off file.
        AccountAddressWithdrawn = "account.address_withdrawn",
        /// A stopped account is free again.
        AccountUnfrozen = "account.unfrozen",
        /// An account was locked after wrong keys.
        AccountLocked = "account.locked",
        /// A locked account is open again.
        AccountUnblocked = "account.unblocked",
        /// A new key is on its way to the portal.
        PortalSetPassword = "portal.set_password",
        /// An unblocking is on its way to the portal.
        PortalUnblock = "portal.unblock",
        /// The portal has it.
        PortalDelivered = "portal.delivered",
        /// The portal did not take it.
        PortalParked = "portal.parked",
        /// It is not delivered to the portal any more.
        PortalWithdrawn = "portal.withdrawn",
        /// Alarm: a message will not be sent.
        AlarmMessageParked = "alarm.message_parked",
        /// Alarm: a message is late.
        AlarmMessageLate = "alarm.message_late",
        /// Alarm: a message came back.
        AlarmMessageBounced = "alarm.message_bounced",
        /// Alarm: the portal did not take a delivery.
        AlarmDeliveryParked = "alarm.delivery_parked",
        /// Alarm: the portal is late to answer.
        AlarmDeliveryLate = "alarm.delivery_late",
        /// Alarm: a petition waits longer than the first term.
        AlarmUndecidedDay = "alarm.undecided_day",
        /// Alarm: the legal term comes near.
        AlarmUndecidedTerm = "alarm.undecided_term",
        /// Alarm: an account was stopped.
        AlarmAccountFrozen = "alarm.account_frozen",
        /// Alarm: lists have ended or are about to, and nobody is asked about revocation.
        AlarmListsEnding = "alarm.lists_ending",
        /// Alarm: the certificate of the operator's seal has ended or is about to.
        AlarmSealEnding = "alarm.seal_ending",
        /// Somebody took a case.
        CaseClaimed = "case.claimed",
        /// Somebody acted on a case.
        CaseAct = "case.act",
        /// A second person has to look.
        CaseSecondWanted = "case.second_wanted",
        /// Two persons do not agree.
        CaseDisagreement = "case.disagreement",
        /// Somebody gave a case back.
        CaseHandedOver = "case.handed_over",
        /// Somebody may not decide a case.
        CaseBarred = "case.barred",
        /// Somebody is served at the counter.
        CounterOpened = "counter.opened",
        /// A paper was scanned at the counter.
        CounterScanned = "counter.scanned",
        /// A paper was seen at the counter.
        CounterTicked = "counter.ticked",
        /// The link was opened at the counter.
        CounterLinkOpened = "counter.link_opened",
        /// A table began to be taken into the registry.
        RegistryImportBegan = "registry.import_began",
        /// A table was taken into the registry.
        RegistryImported = "registry.imported",
        /// A table was taken out of the registry again.
        RegistryUndone = "registry.undone",
        /// The registry was corrected for a person.
        RegistryCorrected = "registry.corrected",
        /// An appointment went into the registry.
        RegistryAppointmentRegistered = "registry.appointment_registered",
        /// The trust store changed.
        TrustChanged = "trust.changed",
        /// A change was proposed.
        ProposalMade = "proposal.made",
        /// A change was confirmed.
        ProposalConfirmed = "proposal.confirmed",
        /// A change was refused.
        ProposalRefused = "proposal.refused",
        /// A proposal was taken back.
        ProposalWithdrawn = "proposal.withdrawn",
        /// A confirmed change could not be carried out, and may be confirmed again.
        ProposalReopened = "proposal.reopened",
        /// A person joined the office.
        MemberAdded = "member.added",
        /// A person of the office chose their password.
        MemberEnrolled = "member.enrolled",
        /// A person of the office changed their password.
        MemberPasswordChanged = "member.password_changed",
        /// A person of the office got a new link.
        MemberReset = "member.reset",
        /// A person may not enter the office any more.
        MemberDisabled = "member.disabled",
        /// A person may enter the office again.
        MemberEnabled = "member.enabled",
        /// Somebody signed in.
        SessionOpened = "session.opened",
        /// Somebody signed out.
        SessionEnded = "session.ended",
        /// Somebody could not sign in.
        SessionRefused = "session.refused",
        /// Somebody tried what is not theirs to do.
        OfficeDenied = "office.denied",
        /// A backup was put back.
        AuditRestored = "audit.restored",
        /// Somebody took the log.
        AuditExported = "audit.exported",
        /// A person got their data.
        SubjectExported = "subject.exported",
        /// A person's data were corrected.
        SubjectCorrected = "subject.corrected",
        /// A person asked for the deletion of their data.
        SubjectErasureAsked = "subject.erasure_asked",
        /// A breach of personal data was noticed.
        BreachNoticed = "breach.noticed",
        /// An employer is in arrears.
        ArrearsSet = "arrears.set",
        /// An employer is in arrears no more.
        ArrearsCleared = "arrears.cleared",
        /// What was decided was deleted at the end of its term.
        ReportErased = "report.erased",
        /// Reasons were deleted at the end of their term.
        ReasonsErased = "reasons.erased",
        /// Messages were deleted at the end of their term.
        MessagesErased = "messages.erased",
        /// Links were deleted at the end of their term.
        LinksErased = "links.erased",
        /// The key of protection was replaced.
        ProtectionRotated = "protection.rotated",
        /// The installation was moved to another store.
        StoreMoved = "store.moved",
    }
);

impl Event {
    /// That a petition has come to this state.
    #[must_use]
    pub fn petition(state: State) -> Self {
        match state {
            State::Issued => Self::PetitionIssued,
            State::Received => Self::PetitionReceived,
            State::InReview => Self::PetitionInReview,
            State::Approved => Self::PetitionApproved,
            State::Refused => Self::PetitionRefused,
            State::Completed => Self::PetitionCompleted,
            State::Merged => Self::PetitionMerged,
            State::AwaitingCompletion => Self::PetitionAwaitingCompletion,
            State::Archived => Self::PetitionArchived,
        }
    }

    /// Whether it changes something about its petition. That somebody looked at it, or that something was deleted when its time had
    /// come, does not.
    #[must_use]
    pub fn changes_petition(self) -> bool {
        !matches!(
            self,
            Self::EvidenceExported
                | Self::AttachmentTaken
                | Self::PetitionErased
                | Self::ReportErased
                | Self::ReasonsErased
                | Self::MessagesErased
                | Self::LinksErased
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_event_of_a_state_is_called_by_it() {
        for state in State::ALL {
            let event = Event::petition(*state);
            assert_eq!(event.as_str(), format!("petition.{state}"));
        }
    }

    #[test]
    fn what_is_deleted_changes_no_petition() {
        for event in Event::ALL {
            let deleted = event.as_str().ends_with(".erased");
            assert!(!(deleted && event.changes_petition()), "{event}");
        }
        assert!(Event::PetitionIssued.changes_petition());
        assert_eq!("made.up".parse::<Event>().ok(), None);
    }
}

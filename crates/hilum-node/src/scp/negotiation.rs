//! Who may associate, and what is agreed upon (PS3.8 9.3.2 to 9.3.4, table 9-21).

use std::collections::HashMap;

use dicom_dictionary_std::uids;
use dicom_ul::pdu::{
    AssociationAC, AssociationRJ, AssociationRJResult, AssociationRJServiceUserReason,
    AssociationRJSource, AssociationRQ, PresentationContextProposed, PresentationContextResult,
    PresentationContextResultReason, UserVariableItem,
};
use hilum_imaging::{
    CT_STORAGE_CLASSES, IMPLEMENTATION_CLASS_UID, IMPLEMENTATION_VERSION_NAME,
    READ_TRANSFER_SYNTAXES,
};

use super::message::Context;
use crate::NodeSettings;
use crate::wire::{APPLICATION_CONTEXT, PROTOCOL_VERSION};

/// Presentation contexts that were agreed upon, by their numbers.
pub(super) type Contexts = HashMap<u8, Context>;

/// Why an association is rejected.
pub(super) struct Rejection {
    pub(super) answer: AssociationRJ,
    pub(super) reason: String,
}

/// What is answered to a request, and agreed upon.
///
/// # Errors
/// [`Rejection`]
pub(super) fn negotiate(
    request: &AssociationRQ,
    settings: &NodeSettings,
) -> Result<(AssociationAC, Contexts), Rejection> {
    check(request, settings)?;
    let mut contexts = Contexts::new();
    let proposed = request.presentation_contexts.iter();
    let results = proposed.map(|proposed| {
        let agreed = agree(proposed);
        let transfer_syntax = match &agreed {
            Ok(context) => context.transfer_syntax.clone(),
            // It says nothing here (PS3.8 9.3.3.2).
            Err(_) => uids::IMPLICIT_VR_LITTLE_ENDIAN.to_owned(),
        };
        let reason = match agreed {
            Ok(context) => {
                contexts.insert(proposed.id, context);
                PresentationContextResultReason::Acceptance
            }
            Err(reason) => reason,
        };
        PresentationContextResult {
            id: proposed.id,
            reason,
            transfer_syntax,
        }
    });
    let presentation_contexts = results.collect();
    let answer = AssociationAC {
        protocol_version: PROTOCOL_VERSION,
        calling_ae_title: request.calling_ae_title.clone(),
        called_ae_title: request.called_ae_title.clone(),
        application_context_name: request.application_context_name.clone(),
        presentation_contexts,
        user_variables: vec![
            UserVariableItem::MaxLength(settings.limits.pdu_bytes),
            UserVariableItem::ImplementationClassUID(IMPLEMENTATION_CLASS_UID.to_owned()),
            UserVariableItem::ImplementationVersionName(IMPLEMENTATION_VERSION_NAME.to_owned()),
        ],
    };
    Ok((answer, contexts))
}

fn check(request: &AssociationRQ, settings: &NodeSettings) -> Result<(), Rejection> {
    use AssociationRJServiceUserReason as Reason;

    let rejected = |reason, said: String| {
        Err(Rejection {
            answer: AssociationRJ {
                result: AssociationRJResult::Permanent,
                source: AssociationRJSource::ServiceUser(reason),
            },
            reason: said,
        })
    };
    if request.protocol_version & PROTOCOL_VERSION == 0
        || request.application_context_name != APPLICATION_CONTEXT
    {
        let said = "it speaks another protocol".to_owned();
        return rejected(Reason::ApplicationContextNameNotSupported, said);
    }
    let (called, calling) = (&request.called_ae_title, &request.calling_ae_title);
    if called != settings.ae_title.as_str() {
        return rejected(
            Reason::CalledAETitleNotRecognized,
            format!("it calls `{called}`"),
        );
    }
    if !settings.callers.allow(calling) {
        let said = "nobody allowed it to send".to_owned();
        return rejected(Reason::CallingAETitleNotRecognized, said);
    }
    Ok(())
}

/// The first transfer syntax of the peer's that can be read.
fn agree(
    proposed: &PresentationContextProposed,
) -> Result<Context, PresentationContextResultReason> {
    let class = trimmed(&proposed.abstract_syntax);
    if class != uids::VERIFICATION && !CT_STORAGE_CLASSES.contains(&class) {
        return Err(PresentationContextResultReason::AbstractSyntaxNotSupported);
    }
    let mut syntaxes = proposed.transfer_syntaxes.iter().map(|one| trimmed(one));
    let readable = syntaxes.find(|syntax| READ_TRANSFER_SYNTAXES.contains(syntax));
    let transfer_syntax = readable
        .ok_or(PresentationContextResultReason::TransferSyntaxesNotSupported)?
        .to_owned();
    Ok(Context {
        sop_class_uid: class.to_owned(),
        transfer_syntax,
    })
}

/// Without what fills it up (PS3.5 9.1, and spaces that some write instead).
fn trimmed(uid: &str) -> &str {
    uid.trim_end_matches(|char: char| char.is_whitespace() || char == '\0')
}

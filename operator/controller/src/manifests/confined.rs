//! What a container may do that needs no power at all: Pod Security `restricted`, and nothing of its image is writable.

use k8s_openapi::api::core::v1::{Capabilities, SecurityContext};

/// Security context of such a container.
#[must_use]
pub fn container() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities { drop: Some(vec!["ALL".to_owned()]), add: None }),
        ..SecurityContext::default()
    }
}

//! What is on its way, and what rang, for Prometheus: read from the database when somebody scrapes. No label ever holds
//! personal data.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use crate::store::{AlarmKind, DeliveryState, MessageState, Store, StoreError};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct State {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Kind {
    kind: &'static str,
}

/// The gauges.
#[derive(Debug, Default)]
pub(super) struct Sending {
    messages: Family<State, Gauge>,
    deliveries: Family<State, Gauge>,
    alarms: Family<Kind, Gauge>,
}

impl Sending {
    /// Makes the gauges known.
    pub(super) fn register(&self, registry: &mut Registry) {
        let messages = "Messages by mail and SMS, by where they stand";
        registry.register("messages", messages, self.messages.clone());
        let deliveries = "Keys and unblockings for the portal, by where they stand";
        registry.register("portal_deliveries", deliveries, self.deliveries.clone());
        let alarms = "Alarms that were ever raised, by what they are about";
        registry.register("alarms", alarms, self.alarms.clone());
    }

    /// Counts anew.
    pub(super) async fn count(&self, store: &Store) -> Result<(), StoreError> {
        for state in [
            MessageState::Pending,
            MessageState::Parked,
            MessageState::Bounced,
        ] {
            let known = store.count_messages(state).await?;
            let state = state.as_str();
            self.messages.get_or_create(&State { state }).set(known);
        }
        for state in [DeliveryState::Pending, DeliveryState::Parked] {
            let known = store.count_deliveries(state).await?;
            let state = state.as_str();
            self.deliveries.get_or_create(&State { state }).set(known);
        }
        for &kind in AlarmKind::ALL {
            let raised = store.count_alarms(kind).await?;
            let kind = kind.as_str();
            self.alarms.get_or_create(&Kind { kind }).set(raised);
        }
        Ok(())
    }
}

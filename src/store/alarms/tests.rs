use super::*;
use crate::store::tests::databases;

#[tokio::test]
async fn of_all_petitions_only_those_that_may_ring_are_read() {
    let databases = databases("alarms_plan").await;
    let (_, store) = &databases.stores[0];
    for (statement, index) in [
        (UNDECIDED_DAY, "petitions_to_ring_day"),
        (UNDECIDED_TERM, "petitions_to_ring_term"),
    ] {
        let plan = store.read.plan(statement).await.unwrap();
        let petitions = plan.iter().filter(|step| step.starts_with("SEARCH p "));
        let through: Vec<bool> = petitions.map(|step| step.contains(index)).collect();
        assert_eq!(through, [true, true], "{plan:#?}");
        assert!(
            plan.iter().all(|step| !step.starts_with("SCAN")),
            "{plan:#?}"
        );
    }
}

#[tokio::test]
async fn of_all_employers_only_those_that_are_stopped_are_read() {
    let databases = databases("stopped_plan").await;
    let (_, store) = &databases.stores[0];
    let plan = store.read.plan(STOPPED).await.unwrap();
    let mut employers = plan.iter().filter(|step| step.contains(" e "));
    assert!(
        employers.all(|step| step.contains("employers_frozen")),
        "{plan:#?}"
    );
    assert!(plan.iter().any(|step| step.contains("employers_frozen")));
}

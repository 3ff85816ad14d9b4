-- The next document to decide is found without reading all that wait.
create index jobs_due on jobs (due_ms, number);

-- What was decided and not erased yet, by age: erasing what is past its term does not walk through all that was erased before.
create index decisions_to_erase on decisions (decided_ms) where decision <> '{}';

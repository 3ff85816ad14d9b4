-- What goes to the portal: when it was first called for, from which on it is tried for five days; and how many calls ended without
-- an answer, after which nobody knows whether the portal did it. Of what is on its way by now both are not known.
alter table portal_deliveries add column called_ms bigint;
alter table portal_deliveries add column unheard bigint not null default 0;

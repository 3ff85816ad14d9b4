-- A move of another installation into this database (`clavero migrate-store`), while it is under way: how far each part has
-- come, so that it goes on where it was interrupted. Empty before and after; the service does not begin on half of it.

create table moves (
    -- source, table/NAME, documents/SLICE, pieces, or damaged/DIGEST
    part text not null primary key,
    -- Of a table: the key of the last row that is here, as JSON. Of the source: what it is recognised by.
    position text not null,
    -- Rows or documents of the part that are here.
    done bigint not null,
    -- 1 when the whole part is here.
    ended bigint not null
);

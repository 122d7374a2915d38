// The page over all services: its table can be sorted; everything else on it is plain HTML.
$$("table").forEach(table => makeSortable(table));

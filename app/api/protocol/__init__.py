"""How programs speak with us: keys, parsing, kinds of value, paging, repeats, and the document of it all."""

"""What we ourselves think of an account, beside what is computed: a pulse now and then, and a score set by hand."""

"""How programs speak with us: keys, parsing, kinds of value, paging, repeats, and the document of it all."""

from app.core.processes.memory.imports import hidden

# The document of the interface is JSON; the library could write it as YAML too, at a megabyte in every web process.
with hidden("yaml"):
    import flask_smorest  # noqa: F401

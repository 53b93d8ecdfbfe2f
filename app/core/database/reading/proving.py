"""Whether what was read is still what the database says: each statement is asked once more, and all must find the same."""

from __future__ import annotations

from datetime import datetime

from app.core.database.prepared import executed
from app.core.database.reading.watched import Proof, digest
from app.core.database.transactions import Looking, Lookout

BEGIN = {"sqlite": "BEGIN", "postgresql": "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"}


def holds(proof: Proof, looking: Looking, now: datetime) -> bool:
    """Whether everything is found again as it was, at one moment that is not before this call."""
    return (proof.until is None or now < proof.until) and looking.find(finds_again, proof)


def finds_again(lookout: Lookout, proof: Proof) -> bool:
    """It stops at the first statement that finds anything else."""
    executed(lookout, BEGIN[lookout.dialect.name]).close()
    try:
        return all(
            digest(executed(lookout, read.sql, read.parameters).fetchall()) == read.found
            for read in proof.reads
        )
    finally:
        if lookout.is_alive:
            executed(lookout, "ROLLBACK").close()

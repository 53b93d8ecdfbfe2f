"""Playbooks: the steps by which a kind of follow-up is worked on, and which score they are to lift."""

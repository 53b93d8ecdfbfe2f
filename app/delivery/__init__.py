"""Who gets asked when: waves, invitations, cadence, sending, silence."""

"""Whether a follow-up that we closed is settled for the customer too: asked by mail, said by pressing a button."""

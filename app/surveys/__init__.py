"""What we ask: survey versions, question kinds, scales, programs."""

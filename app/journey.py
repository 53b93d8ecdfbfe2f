"""The story of an answer: one short function per moment at which several packages must react, plain calls in order.

Every function runs in its caller's transaction; the door that called it commits.
"""

"""Webhooks: other programs are told what happens, each event once or more with one id, signed by Standard Webhooks."""

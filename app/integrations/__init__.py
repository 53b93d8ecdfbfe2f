"""Telling others: colleagues by mail and chat."""

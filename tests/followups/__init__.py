"""Tests of app/followups."""

"""Tests of app/health."""

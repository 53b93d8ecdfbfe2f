"""Tests of surveys: rules, words, templates, audiences, programs."""

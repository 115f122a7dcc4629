"""Reconcile uncertain rows with the CRM by reading them back."""

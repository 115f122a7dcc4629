"""The keys of the accounts in these tests."""

ACCESS, SECRET, API = "u$rcanary-access-of-accounts", "canary-secret-of-accounts", "canary-api-of-accounts"

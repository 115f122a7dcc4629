"""Keep an account's calls within its rate limits and its daily quota.

A call gets the right to leave, its *slot*, in four steps:

1. A window limiter has N slots per call class, each free again one window after its call *completed*: no window of the
   server ever holds more than N arrivals (:mod:`.window_limiter`, with the proof).
2. The state of these slots is shared by all processes that use the account, in a file of the machine or in the database
   (:mod:`.shared_limiter` on :mod:`.file_store` or :mod:`.postgres_store`).
3. A refusal by the CRM pauses the call class, and the stricter limit that it names is learned: it holds at once in all
   processes, and in later runs (:mod:`.account_limiter`, :mod:`.backoff`).
4. Calls and queries also count against the daily quota; when it is used up, the run stops (:mod:`.daily_quota`).
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

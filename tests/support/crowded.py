"""A user with many threads that cannot be seen: how many more can be started under the limit for a submission?"""

import threading

import psutil

from repsim_book.classroom.apart.limits import bind_processes


def start(number: int) -> int:
    """Start threads that wait; how many could be."""
    for done in range(number):
        try:
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        except RuntimeError:
            return done
    return number


assert start(330) == 330
psutil.process_iter = lambda: []
bind_processes()
print(start(1000))

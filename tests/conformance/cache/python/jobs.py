"""rq: a queue of jobs, with the server's lists, hashes, sorted sets and scripts."""

import datetime

import work
from bed import check, equal, eventually, unique
from redis.exceptions import ConnectionError, TimeoutError
from rq import Queue, Retry, SimpleWorker
from rq.job import Job, JobStatus
from rq.registry import FailedJobRegistry, FinishedJobRegistry, ScheduledJobRegistry


def connection(bed):
    return bed.client(decode_responses=False)


def worker(queues, r):
    return SimpleWorker(queues, connection=r, name=unique())


def results(bed):
    r = connection(bed)
    queue = Queue("jobs", connection=r)
    jobs = [queue.enqueue(work.add, it, 1) for it in range(20)]
    equal("they wait", 20, len(queue))
    worker([queue], r).work(burst=True, logging_level="ERROR")
    equal("each result", [it + 1 for it in range(20)], [job.return_value(refresh=True) for job in jobs])
    equal("all are finished", 20, FinishedJobRegistry(queue=queue).count)
    equal("none waits", 0, len(queue))


def failures(bed):
    r = connection(bed)
    queue = Queue("jobs", connection=r)
    job = queue.enqueue(work.fail, "on purpose")
    again = queue.enqueue(work.fail_at_first, "attempts", bed.host, bed.port, retry=Retry(max=2))
    worker([queue], r).work(burst=True, logging_level="CRITICAL")
    equal("a job that fails", JobStatus.FAILED, job.get_status(refresh=True))
    check("its words", "on purpose" in (job.latest_result().exc_string or ""))
    check("it is among those that failed", job.id in FailedJobRegistry(queue=queue).get_job_ids())
    equal("one that is tried again", JobStatus.FINISHED, again.get_status(refresh=True))


def order(bed):
    r = connection(bed)
    high, low = (Queue(name, connection=r) for name in ("high", "low"))
    low.enqueue(work.note, "order", "low", bed.host, bed.port)
    high.enqueue(work.note, "order", "high", bed.host, bed.port)
    first = low.enqueue(work.note, "order", "first", bed.host, bed.port)
    low.enqueue(work.note, "order", "then", bed.host, bed.port, depends_on=first)
    high.enqueue(work.note, "order", "front", bed.host, bed.port, at_front=True)
    worker([high, low], r).work(burst=True, logging_level="ERROR")
    equal("by queue, by turn, by what each depends on", ["front", "high", "low", "first", "then"], bed.client().lrange("order", 0, -1))


def scheduled(bed):
    r = connection(bed)
    queue = Queue("jobs", connection=r)
    job = queue.enqueue_in(datetime.timedelta(milliseconds=500), work.add, 1, 2)
    equal("it is scheduled", [job.id], ScheduledJobRegistry(queue=queue).get_job_ids())
    cancelled = queue.enqueue(work.add, 3, 4)
    cancelled.cancel()
    equal("a job that is cancelled", JobStatus.CANCELED, cancelled.get_status(refresh=True))
    from rq.scheduler import RQScheduler

    scheduler = RQScheduler([queue], connection=r)
    scheduler.acquire_locks()

    def due():
        scheduler.enqueue_scheduled_jobs()
        return len(queue) == 1

    eventually("its time comes", due)
    scheduler.release_locks()
    worker([queue], r).work(burst=True, logging_level="ERROR")
    equal("its result", 3, job.return_value(refresh=True))


def killed(bed):
    r = connection(bed)
    queue = Queue("jobs", connection=r)
    jobs = [queue.enqueue(work.add, it, it).id for it in range(50)]
    bed.kill()
    bed.start()
    eventually("the server answers", lambda: answers(r))
    equal("all that were put there wait", jobs, queue.job_ids)
    worker([queue], r).work(burst=True, logging_level="ERROR")
    came = [Job.fetch(it, connection=r).return_value() for it in jobs]
    equal("each result", [it * 2 for it in range(50)], came)


def answers(r):
    try:
        return r.ping()
    except (ConnectionError, TimeoutError):
        return False


TESTS = {
    "rq/results": results,
    "rq/failures": failures,
    "rq/order": order,
    "rq/scheduled": scheduled,
    "rq/killed": killed,
}

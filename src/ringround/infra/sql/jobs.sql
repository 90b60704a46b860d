-- Background jobs: those that are under way, and those whose worker was killed.

-- name: jobs_open
SELECT args FROM procrastinate_jobs WHERE task_name = %(task)s AND status IN ('todo', 'doing')

-- name: job_put_back
-- One that leaves off: the attempt that will be counted when it goes back into the queue is taken off before.
UPDATE procrastinate_jobs SET attempts = attempts - 1 WHERE id = %(job)s AND status = 'doing'

-- name: jobs_take_back
-- A worker that is gone leaves its job as being done, and the job's lock with it: nobody would ever take up either.
-- Back into the queue with it; but one that whoever wants it asks for again (it has a queueing lock), or that has
-- taken too many workers with it, is over. Skips what a worker or another relay is just writing.
WITH stalled AS (
    SELECT job.id, job.queueing_lock IS NULL AND job.attempts < %(most)s AS again
    FROM procrastinate_jobs job
    LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
    WHERE job.status = 'doing'
        AND (worker.id IS NULL OR worker.last_heartbeat < now() - %(silent_s)s * interval '1 second')
    FOR UPDATE OF job SKIP LOCKED
)
SELECT CASE
    WHEN again THEN procrastinate_retry_job_v2(id, now(), NULL, NULL, NULL)
    ELSE procrastinate_finish_job_v1(id, 'failed', false)
END
FROM stalled;

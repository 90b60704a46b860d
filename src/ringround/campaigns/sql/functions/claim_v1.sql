-- The claim: give one agent the first eligible lead of a campaign, in one round trip.
--
-- Steps
-- 1. One claim at a time for an agent (an advisory lock on the agent), so that "holds nothing" stays true.
-- 2. The agent is not on the campaign (any more), or it is not as the caller has read it: the caller reads it again.
--    Holding something: that again. No zone open: nothing. A lead of the campaign is overdue for time's own changes: the
--    caller does them (once; what another transaction is changing at this moment is its own).
-- 3. The first `k` leads in the order, over the queues and the open zones, for anybody and for this agent, without those
--    that this agent has skipped: one statement, so one snapshot, which is logged. No lock yet.
-- 4. Walk them in order, locking with SKIP LOCKED and asking every gate again on the locked row. Who is locked, was taken
--    meanwhile or has a busy number is passed over, and logged as such: of all that were eligible in the snapshot and come
--    before the lead given, none is missing from the log.
-- 5. Its numbers: an advisory lock each, tried and never waited for, then the unique rows in number_hold, then suppression
--    at this very moment, then the campaign's rule packs where it has any (`p_packs`; null costs a comparison). Nothing
--    here waits for anybody, so no claim is in a deadlock.
-- 6. The lease, the log and the event.
--
-- The settings keep the plan a walk along `lead_claim` whatever the statistics say: a list of a million may have been
-- imported since the last ANALYZE (tests/integration/campaigns/test_claim_plan.py). Few statements rather than many, and
-- few tables in each: a statement costs more to start than to run.

-- One queue in one zone, in its order, for anybody and for this agent. The planner puts it into the claim's own statement
-- and merges two walks along the index; with a NULL for "anybody" it would sort. `ctid` is empty for a row that a
-- transaction of `p_in_flight` is changing: that one is passed over without trying its lock, which takes the page from
-- others.
CREATE OR REPLACE FUNCTION campaigns_in_order_v1(
    p_campaign uuid, p_queue smallint, p_zone int, p_user uuid, p_most bigint, p_skipped uuid[], p_in_flight xid[], p_k int
) RETURNS TABLE (id uuid, rank bigint, rank_text text, "position" bigint, ctid tid) LANGUAGE sql STABLE AS $$
    SELECT b.* FROM (
        (SELECT k.id, k.rank, k.rank_text, k.position,
                CASE WHEN k.xmax <> ALL (p_in_flight) THEN k.ctid END AS ctid
         FROM campaigns_lead k
         WHERE k.campaign_id = p_campaign AND k.queue = p_queue AND k.zone_id = p_zone
           AND k.for_agent = '00000000-0000-0000-0000-000000000000' AND k.rank <= p_most AND k.id <> ALL (p_skipped)
         ORDER BY k.rank, k.rank_text, k.position, k.id LIMIT p_k)
        UNION ALL
        (SELECT k.id, k.rank, k.rank_text, k.position,
                CASE WHEN k.xmax <> ALL (p_in_flight) THEN k.ctid END AS ctid
         FROM campaigns_lead k
         WHERE k.campaign_id = p_campaign AND k.queue = p_queue AND k.zone_id = p_zone
           AND k.for_agent = p_user AND k.rank <= p_most AND k.id <> ALL (p_skipped)
         ORDER BY k.rank, k.rank_text, k.position, k.id LIMIT p_k)
    ) AS b
    ORDER BY b.rank, b.rank_text, b.position, b.id LIMIT p_k
$$;

CREATE OR REPLACE FUNCTION campaigns_claim_v1(
    p_campaign uuid, p_version int, p_user uuid, p_now timestamptz, p_until timestamptz, p_zones int[], p_known_zones int,
    p_max_attempts int, p_new_per_retried int, p_log_id uuid, p_event_id uuid, p_turned boolean,
    p_packs jsonb DEFAULT NULL,
    OUT what text, OUT lead_id uuid, OUT campaign_id uuid, OUT rule text, OUT until timestamptz
) LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    c_anybody CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    c_rules CONSTANT text[] := '{my_callback,common_callback,urgent,retry,new}';
    v_now_rank CONSTANT bigint := (extract(epoch FROM p_now) * 1000000)::bigint;
    v_merchant uuid;
    v_agency uuid;
    v_member uuid;
    v_streak int;
    v_allowed boolean;
    v_current boolean;
    v_overdue boolean;
    v_skipped uuid[];
    v_xids text[];
    v_in_flight xid[] := '{}';
    v_queues smallint[] := '{1,2,3,4,5}';
    -- Up to which rank each queue is read: to now, where the rank is the time from which a lead may be taken.
    v_mosts bigint[] := ARRAY[v_now_rank, v_now_rank, 9223372036854775807, v_now_rank, 9223372036854775807];
    v_k int := 64;
    v_snapshot text;
    v_candidates uuid[];
    v_of smallint[];
    v_at bigint;
    v_lead uuid;
    v_contact uuid;
    v_numbers text[];
    v_number text;
    v_free boolean;
    v_there bigint;
    v_barred text[];
    v_shut timestamptz;
    v_rule text;
BEGIN
    -- 1. A condition, because PL/pgSQL evaluates one without starting a statement. It waits here.
    IF pg_advisory_xact_lock(hashtextextended('campaigns.agent:' || p_user::text, 0)) IS NULL THEN
        RAISE EXCEPTION 'unreachable';
    END IF;

    -- 2.
    SELECT h.id, h.campaign_id, h.reserved_until, c.merchant_id, c.agency_id, m.id, m.retried_streak,
           m.id IS NOT NULL AND (c.agency_id = c.merchant_id OR orgs_link_live(c.merchant_id, c.agency_id)),
           c.state = 'running' AND c.version = p_version
               AND p_known_zones = (SELECT count(*) FROM campaigns_zone z WHERE z.campaign_id = p_campaign),
           NOT p_turned AND EXISTS (
               SELECT FROM campaigns_lead l WHERE l.campaign_id = p_campaign AND l.turn_at <= p_now),
           ARRAY(SELECT s.lead_id FROM campaigns_lead_skip s WHERE s.user_id = p_user AND s.until > p_now),
           -- Who is at work at this moment: the third part of "xmin:xmax:xid,xid,…".
           string_to_array(split_part(pg_current_snapshot()::text, ':', 3), ',')
    INTO v_lead, campaign_id, until, v_merchant, v_agency, v_member, v_streak, v_allowed, v_current, v_overdue,
         v_skipped, v_xids
    FROM campaigns_campaign c
    LEFT JOIN campaigns_member m ON m.campaign_id = p_campaign AND m.user_id = p_user AND m.duty = 'agent'
    LEFT JOIN LATERAL (
        SELECT l.id, l.campaign_id, l.reserved_until FROM campaigns_lead l
        WHERE l.reserved_by_id = p_user AND l.reserved_until > p_now ORDER BY l.reserved_at, l.id LIMIT 1
    ) AS h ON true
    WHERE c.id = p_campaign;
    what := CASE
        WHEN v_allowed IS NOT TRUE THEN 'stale'
        WHEN v_lead IS NOT NULL THEN 'held'
        WHEN cardinality(p_zones) = 0 THEN 'none'
        WHEN v_current IS NOT TRUE THEN 'stale'
        WHEN v_overdue THEN 'turn'
    END;
    IF what IS NOT NULL THEN
        lead_id := CASE WHEN what = 'held' THEN v_lead END;
        rule := what;
        RETURN;
    END IF;
    -- A row keeps the lower half of a transaction's number. After four thousand million transactions it is left to SKIP
    -- LOCKED alone.
    IF cardinality(v_xids) > 0 AND v_xids[cardinality(v_xids)]::bigint < 4294967296 THEN
        v_in_flight := v_xids::xid[];
    END IF;
    IF v_streak >= p_new_per_retried THEN
        -- One new lead after every k automatic redials of this agent.
        v_queues := '{1,2,3,5,4}';
        v_mosts := ARRAY[v_now_rank, v_now_rank, 9223372036854775807, 9223372036854775807, v_now_rank];
    END IF;

    LOOP
        -- 3 and 4. The lateral locks row by row in the order of the array, so nothing behind the first is locked; by
        -- `ctid`, which is good within one statement and spares a descent of the primary key for each. One zone needs no
        -- sorting of several.
        IF cardinality(p_zones) = 1 THEN
            WITH found AS MATERIALIZED (
                SELECT array_agg(f.id) AS ids, array_agg(f.queue) AS queues, array_agg(f.ctid) AS ctids
                FROM (
                    SELECT q.queue, l.id, l.ctid
                    FROM unnest(v_queues, v_mosts) AS q (queue, most)
                    CROSS JOIN LATERAL campaigns_in_order_v1(
                        p_campaign, q.queue, p_zones[1], p_user, q.most, v_skipped, v_in_flight, v_k) AS l
                    LIMIT v_k
                ) AS f
            )
            SELECT pg_current_snapshot()::text, found.ids, found.queues, first.n, first.contact_id, first.numbers
            INTO v_snapshot, v_candidates, v_of, v_at, v_contact, v_numbers
            FROM found LEFT JOIN LATERAL (
                SELECT t.n, l.contact_id, l.numbers
                FROM unnest(found.ctids, found.queues) WITH ORDINALITY AS t (ctid, queue, n)
                CROSS JOIN LATERAL (
                    SELECT k.contact_id, k.numbers FROM campaigns_lead k
                    WHERE k.ctid = t.ctid AND k.queue = t.queue AND (k.queue NOT IN (1, 2, 4) OR k.rank <= v_now_rank)
                      AND k.for_agent IN (c_anybody, p_user) AND k.zone_id = ANY (p_zones)
                      AND (k.queue IN (1, 2) OR k.attempts < p_max_attempts)
                      AND (k.expires_at IS NULL OR k.expires_at > p_now)
                    FOR UPDATE SKIP LOCKED
                ) AS l
                LIMIT 1
            ) AS first ON true;
        ELSE
            WITH found AS MATERIALIZED (
                SELECT array_agg(f.id) AS ids, array_agg(f.queue) AS queues, array_agg(f.ctid) AS ctids
                FROM (
                    SELECT q.queue, l.id, l.ctid
                    FROM unnest(v_queues, v_mosts) AS q (queue, most)
                    CROSS JOIN LATERAL (
                        SELECT l.* FROM unnest(p_zones) AS z (id)
                        CROSS JOIN LATERAL campaigns_in_order_v1(
                            p_campaign, q.queue, z.id, p_user, q.most, v_skipped, v_in_flight, v_k) AS l
                        ORDER BY l.rank, l.rank_text, l.position, l.id LIMIT v_k
                    ) AS l
                    LIMIT v_k
                ) AS f
            )
            SELECT pg_current_snapshot()::text, found.ids, found.queues, first.n, first.contact_id, first.numbers
            INTO v_snapshot, v_candidates, v_of, v_at, v_contact, v_numbers
            FROM found LEFT JOIN LATERAL (
                SELECT t.n, l.contact_id, l.numbers
                FROM unnest(found.ctids, found.queues) WITH ORDINALITY AS t (ctid, queue, n)
                CROSS JOIN LATERAL (
                    SELECT k.contact_id, k.numbers FROM campaigns_lead k
                    WHERE k.ctid = t.ctid AND k.queue = t.queue AND (k.queue NOT IN (1, 2, 4) OR k.rank <= v_now_rank)
                      AND k.for_agent IN (c_anybody, p_user) AND k.zone_id = ANY (p_zones)
                      AND (k.queue IN (1, 2) OR k.attempts < p_max_attempts)
                      AND (k.expires_at IS NULL OR k.expires_at > p_now)
                    FOR UPDATE SKIP LOCKED
                ) AS l
                LIMIT 1
            ) AS first ON true;
        END IF;

        WHILE v_at IS NOT NULL LOOP
            v_lead := v_candidates[v_at];
            -- 5. A number is tried once it is locked, with a snapshot taken after that: who held it has committed by then.
            v_free := true;
            FOREACH v_number IN ARRAY v_numbers LOOP
                v_free := v_free AND pg_try_advisory_xact_lock(hashtextextended(v_merchant::text || v_number, 0));
            END LOOP;
            IF v_free THEN
                SELECT count(*) INTO v_there FROM campaigns_number_hold h
                WHERE h.merchant_id = v_merchant AND h.number = ANY (v_numbers);
                IF v_there > 0 THEN
                    -- What has run out, or is left over from this lead, may be taken, unless somebody is just ending it.
                    SELECT count(*) = v_there INTO v_free FROM (
                        SELECT FROM campaigns_number_hold h
                        WHERE h.merchant_id = v_merchant AND h.number = ANY (v_numbers)
                          AND (h.lead_id = v_lead OR h.until <= p_now)
                        FOR UPDATE SKIP LOCKED
                    ) AS mine;
                END IF;
            END IF;
            IF v_free THEN
                v_barred := contacts_suppressed(v_merchant, p_campaign, v_contact, v_numbers, p_now);
                IF v_numbers <@ v_barred THEN
                    -- Every number is barred since it was placed: the gate becomes a column now.
                    UPDATE campaigns_lead k SET suppressed = true, queue = NULL, for_agent = c_anybody WHERE k.id = v_lead;
                    v_free := false;
                END IF;
            END IF;
            IF v_free AND p_packs IS NOT NULL THEN
                v_shut := campaigns_packs_until_v1(v_merchant, v_contact, p_packs, p_now);
                IF v_shut IS NOT NULL THEN
                    -- Called through another lead since it was placed, or a ground is gone: out of the order until then.
                    UPDATE campaigns_lead k
                    SET queue = NULL, for_agent = c_anybody, rank = 0, rank_text = NULL,
                        turn_at = least(k.turn_at, nullif(v_shut, 'infinity'))
                    WHERE k.id = v_lead;
                    v_free := false;
                END IF;
            END IF;
            IF NOT v_free THEN
                -- The next one that can be locked. A later snapshot: what has moved on is passed over like one locked.
                SELECT c.n, l.contact_id, l.numbers INTO v_at, v_contact, v_numbers
                FROM (
                    SELECT t.id, t.queue, t.n FROM unnest(v_candidates, v_of) WITH ORDINALITY AS t (id, queue, n)
                    WHERE t.n > v_at ORDER BY t.n
                ) AS c
                CROSS JOIN LATERAL (
                    SELECT k.contact_id, k.numbers FROM campaigns_lead k
                    WHERE k.id = c.id AND k.queue = c.queue AND (k.queue NOT IN (1, 2, 4) OR k.rank <= v_now_rank)
                      AND k.for_agent IN (c_anybody, p_user) AND k.zone_id = ANY (p_zones)
                      AND (k.queue IN (1, 2) OR k.attempts < p_max_attempts)
                      AND (k.expires_at IS NULL OR k.expires_at > p_now)
                    FOR UPDATE SKIP LOCKED
                ) AS l
                LIMIT 1;
                CONTINUE;
            END IF;

            -- 6.
            v_rule := c_rules[v_of[v_at]];
            WITH held AS (
                INSERT INTO campaigns_number_hold (merchant_id, number, lead_id, until)
                SELECT DISTINCT v_merchant, n, v_lead, p_until FROM unnest(v_numbers) AS n WHERE NOT (n = ANY (v_barred))
                ON CONFLICT (merchant_id, number) DO UPDATE SET lead_id = excluded.lead_id, until = excluded.until
            ), leased AS (
                UPDATE campaigns_lead k
                SET reserved_by_id = p_user, reserved_until = p_until, reserved_at = p_now, handout_rule = v_rule,
                    queue = NULL, for_agent = c_anybody, rank = 0, rank_text = NULL, turn_at = p_until,
                    event_no = k.event_no + 1
                WHERE k.id = v_lead RETURNING k.event_no
            ), logged AS (
                INSERT INTO campaigns_handout_log
                    (id, campaign_id, lead_id, user_id, what, rule, at, passed_over, reason, xid, snapshot)
                VALUES (p_log_id, p_campaign, v_lead, p_user, 'handed_out', v_rule, p_now,
                        v_candidates[1 : v_at - 1], '', pg_current_xact_id()::text::bigint, v_snapshot)
            )
            INSERT INTO infra_event_out (id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data)
            SELECT p_event_id, v_merchant, nullif(v_agency, v_merchant), 'campaigns.lead.handed_out', 'lead', v_lead,
                   leased.event_no, p_now, jsonb_build_object('campaign', p_campaign, 'agent', p_user, 'rule', v_rule)
            FROM leased;
            IF p_new_per_retried IS NOT NULL AND v_of[v_at] IN (4, 5) THEN
                UPDATE campaigns_member m
                SET retried_streak = CASE WHEN v_of[v_at] = 4 THEN m.retried_streak + 1 ELSE 0 END WHERE m.id = v_member;
            END IF;
            what := 'given';
            lead_id := v_lead;
            campaign_id := p_campaign;
            rule := v_rule;
            until := p_until;
            RETURN;
        END LOOP;

        EXIT WHEN v_candidates IS NULL OR cardinality(v_candidates) < v_k;
        -- All of these were locked, taken or busy: read further, from the start again, since places have shifted.
        v_k := v_k * 8;
    END LOOP;
    what := 'none';
END
$$;

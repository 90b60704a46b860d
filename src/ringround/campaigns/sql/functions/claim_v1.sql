-- The claim: give one agent the first eligible lead of a campaign, in one round trip.
--
-- Steps
-- 1. One claim at a time for an agent (an advisory lock on the agent), so that "holds nothing" stays true.
-- 2. Holding something: that again. No zone open: nothing.
-- 3. The campaign as the caller has read it still runs, and the agent is still on it; else the caller reads it again.
-- 4. Time's own changes come first: if any lead of the campaign is overdue for them, say so and let the caller do them
--    (once; what another transaction is changing at this moment is its own).
-- 5. The first `k` leads in the order, over the queues and the open zones, for anybody and for this agent, without those
--    that this agent has skipped: one statement, so one snapshot, which is logged. No lock yet.
-- 6. Walk them in order, locking with SKIP LOCKED and asking every gate again on the locked row. Who is locked, was taken
--    meanwhile or has a busy number is passed over, and logged as such: of all that were eligible in the snapshot and come
--    before the lead given, none is missing from the log.
-- 7. Its numbers: an advisory lock each, tried and never waited for, then the unique rows in number_hold, then suppression
--    at this very moment. Nothing here waits for anybody, so no claim is in a deadlock.
-- 8. The lease, the log and the event.
--
-- The settings keep the plan a walk along `lead_claim` whatever the statistics say: a list of a million may have been
-- imported since the last ANALYZE (tests/integration/campaigns/test_claim_plan.py).
CREATE OR REPLACE FUNCTION campaigns_claim_v1(
    p_campaign uuid, p_version int, p_user uuid, p_now timestamptz, p_until timestamptz, p_zones int[],
    p_max_attempts int, p_new_per_retried int, p_log_id uuid, p_event_id uuid, p_turned boolean
) RETURNS TABLE (what text, lead_id uuid, campaign_id uuid, rule text, until timestamptz)
LANGUAGE plpgsql VOLATILE
SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
AS $$
DECLARE
    c_rules CONSTANT text[] := ARRAY['my_callback', 'common_callback', 'urgent', 'retry', 'new'];
    v_now_rank CONSTANT bigint := (extract(epoch FROM p_now) * 1000000)::bigint;
    v_merchant uuid;
    v_agency uuid;
    v_member uuid;
    v_streak int;
    v_current boolean;
    v_queues smallint[] := '{1,2,3,4,5}';
    v_skipped uuid[];
    v_k int := 32;
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
    v_mine bigint;
    v_barred text[];
    v_event_no bigint;
BEGIN
    -- 1.
    PERFORM pg_advisory_xact_lock(hashtextextended('campaigns.agent:' || p_user::text, 0));

    -- 2.
    RETURN QUERY SELECT 'held'::text, l.id, l.campaign_id, 'held'::text, l.reserved_until FROM campaigns_lead l
    WHERE l.reserved_by_id = p_user AND l.reserved_until > p_now ORDER BY l.reserved_at, l.id LIMIT 1;
    IF FOUND THEN
        RETURN;
    END IF;
    IF cardinality(p_zones) = 0 THEN
        RETURN QUERY SELECT 'none'::text, NULL::uuid, NULL::uuid, ''::text, NULL::timestamptz;
        RETURN;
    END IF;

    -- 3.
    SELECT c.merchant_id, c.agency_id, m.id, m.retried_streak, c.state = 'running' AND c.version = p_version
    INTO v_merchant, v_agency, v_member, v_streak, v_current
    FROM campaigns_member m JOIN campaigns_campaign c ON c.id = m.campaign_id
    WHERE m.campaign_id = p_campaign AND m.user_id = p_user AND m.duty = 'agent';
    IF v_current IS NOT TRUE THEN
        RETURN QUERY SELECT 'stale'::text, NULL::uuid, NULL::uuid, ''::text, NULL::timestamptz;
        RETURN;
    END IF;
    IF v_streak >= p_new_per_retried THEN
        -- One new lead after every k automatic redials of this agent.
        v_queues := '{1,2,3,5,4}';
    END IF;

    -- 4.
    IF NOT p_turned AND EXISTS (
        SELECT FROM campaigns_lead l WHERE l.campaign_id = p_campaign AND l.turn_at <= p_now
    ) THEN
        RETURN QUERY SELECT 'turn'::text, NULL::uuid, NULL::uuid, ''::text, NULL::timestamptz;
        RETURN;
    END IF;

    v_skipped := ARRAY(SELECT s.lead_id FROM campaigns_lead_skip s WHERE s.user_id = p_user AND s.until > p_now);

    LOOP
        -- 5. `for_agent` is named in the first ORDER BY because the planner does not see that IS NULL makes it constant.
        SELECT pg_current_snapshot()::text,
               array_agg(f.id ORDER BY f.n, f.rank, f.rank_text, f.position, f.id),
               array_agg(f.queue ORDER BY f.n, f.rank, f.rank_text, f.position, f.id)
        INTO v_snapshot, v_candidates, v_of
        FROM (
            SELECT q.n, q.queue, c.id, c.rank, c.rank_text, c.position
            FROM unnest(v_queues) WITH ORDINALITY AS q (queue, n)
            CROSS JOIN LATERAL (
                SELECT l.id, l.rank, l.rank_text, l.position
                FROM unnest(p_zones) AS z (id)
                CROSS JOIN LATERAL (
                    (SELECT k.id, k.rank, k.rank_text, k.position FROM campaigns_lead k
                     WHERE k.campaign_id = p_campaign AND k.queue = q.queue AND k.zone_id = z.id AND k.for_agent IS NULL
                       AND k.rank <= CASE WHEN q.queue IN (1, 2, 4) THEN v_now_rank ELSE 9223372036854775807 END
                       AND NOT (k.id = ANY (v_skipped))
                     ORDER BY k.for_agent, k.rank, k.rank_text, k.position, k.id LIMIT v_k)
                    UNION ALL
                    (SELECT k.id, k.rank, k.rank_text, k.position FROM campaigns_lead k
                     WHERE k.campaign_id = p_campaign AND k.queue = q.queue AND k.zone_id = z.id AND k.for_agent = p_user
                       AND k.rank <= CASE WHEN q.queue IN (1, 2, 4) THEN v_now_rank ELSE 9223372036854775807 END
                       AND NOT (k.id = ANY (v_skipped))
                     ORDER BY k.rank, k.rank_text, k.position, k.id LIMIT v_k)
                ) AS l
                ORDER BY l.rank, l.rank_text, l.position, l.id LIMIT v_k
            ) AS c
            LIMIT v_k
        ) AS f;

        v_at := 0;
        WHILE v_candidates IS NOT NULL LOOP
            -- 6. The inner subquery is ordered and the lateral locks row by row, so nothing behind the first is locked.
            SELECT c.n, c.id, l.contact_id, l.numbers INTO v_at, v_lead, v_contact, v_numbers
            FROM (
                SELECT t.id, t.queue, t.n FROM unnest(v_candidates, v_of) WITH ORDINALITY AS t (id, queue, n)
                WHERE t.n > v_at ORDER BY t.n
            ) AS c
            CROSS JOIN LATERAL (
                SELECT k.contact_id, k.numbers FROM campaigns_lead k
                WHERE k.id = c.id AND k.queue = c.queue AND (k.queue NOT IN (1, 2, 4) OR k.rank <= v_now_rank)
                  AND (k.for_agent IS NULL OR k.for_agent = p_user) AND k.zone_id = ANY (p_zones)
                  AND (k.queue IN (1, 2) OR k.attempts < p_max_attempts)
                  AND (k.expires_at IS NULL OR k.expires_at > p_now)
                FOR UPDATE SKIP LOCKED
            ) AS l
            LIMIT 1;
            EXIT WHEN NOT FOUND;

            -- 7. A number is tried once it is locked, with a snapshot taken after that: who held it has committed by then.
            v_free := true;
            FOREACH v_number IN ARRAY v_numbers LOOP
                IF NOT pg_try_advisory_xact_lock(hashtextextended(v_merchant::text || v_number, 0)) THEN
                    v_free := false;
                    EXIT;
                END IF;
            END LOOP;
            CONTINUE WHEN NOT v_free;
            SELECT count(*) INTO v_there FROM campaigns_number_hold h
            WHERE h.merchant_id = v_merchant AND h.number = ANY (v_numbers);
            IF v_there > 0 THEN
                -- What has run out, or is left over from this lead, may be taken, unless somebody is just ending it.
                SELECT count(*) INTO v_mine FROM (
                    SELECT FROM campaigns_number_hold h
                    WHERE h.merchant_id = v_merchant AND h.number = ANY (v_numbers)
                      AND (h.lead_id = v_lead OR h.until <= p_now)
                    FOR UPDATE SKIP LOCKED
                ) AS mine;
                CONTINUE WHEN v_mine < v_there;
            END IF;
            v_barred := contacts_suppressed(v_merchant, p_campaign, v_contact, v_numbers, p_now);
            IF v_numbers <@ v_barred THEN
                -- Every number is barred since it was placed: the gate becomes a column now.
                UPDATE campaigns_lead k SET suppressed = true, queue = NULL, for_agent = NULL WHERE k.id = v_lead;
                CONTINUE;
            END IF;

            -- 8.
            INSERT INTO campaigns_number_hold (merchant_id, number, lead_id, until)
            SELECT DISTINCT v_merchant, n, v_lead, p_until FROM unnest(v_numbers) AS n WHERE NOT (n = ANY (v_barred))
            ON CONFLICT (merchant_id, number) DO UPDATE SET lead_id = excluded.lead_id, until = excluded.until;
            UPDATE campaigns_lead k
            SET reserved_by_id = p_user, reserved_until = p_until, reserved_at = p_now, handout_rule = c_rules[v_of[v_at]],
                queue = NULL, for_agent = NULL, rank = 0, rank_text = NULL, turn_at = p_until, event_no = k.event_no + 1
            WHERE k.id = v_lead RETURNING k.event_no INTO v_event_no;
            INSERT INTO campaigns_handout_log
                (id, campaign_id, lead_id, user_id, what, rule, at, passed_over, reason, xid, snapshot)
            VALUES (p_log_id, p_campaign, v_lead, p_user, 'handed_out', c_rules[v_of[v_at]], p_now,
                    v_candidates[1 : v_at - 1], '', pg_current_xact_id()::text::bigint, v_snapshot);
            INSERT INTO infra_event_out (id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data)
            VALUES (p_event_id, v_merchant, nullif(v_agency, v_merchant), 'campaigns.lead.handed_out', 'lead', v_lead,
                    v_event_no, p_now,
                    jsonb_build_object('campaign', p_campaign, 'agent', p_user, 'rule', c_rules[v_of[v_at]]));
            IF p_new_per_retried IS NOT NULL AND v_of[v_at] IN (4, 5) THEN
                UPDATE campaigns_member m
                SET retried_streak = CASE WHEN v_of[v_at] = 4 THEN m.retried_streak + 1 ELSE 0 END WHERE m.id = v_member;
            END IF;
            RETURN QUERY SELECT 'given'::text, v_lead, p_campaign, c_rules[v_of[v_at]], p_until;
            RETURN;
        END LOOP;

        EXIT WHEN v_candidates IS NULL OR cardinality(v_candidates) < v_k;
        -- All of these were locked, taken or busy: read further, from the start again, since places have shifted.
        v_k := v_k * 8;
    END LOOP;
    RETURN QUERY SELECT 'none'::text, NULL::uuid, NULL::uuid, ''::text, NULL::timestamptz;
END
$$;

-- The claim: give one agent the first eligible lead of a campaign, in one round trip.
--
-- Steps
-- 1. One claim at a time for an agent (an advisory lock on the agent), so that "holds nothing" stays true.
-- 2. Holding something: that again.
-- 3. Time's own changes come first: if any lead of the campaign is overdue for them, say so and let the caller do them
--    (once; what another transaction is changing at this moment is its own).
-- 4. Queue by queue: the first `k` by order over the open zones, both for anybody and for this agent. No lock yet.
-- 5. Walk them in order, locking with SKIP LOCKED and asking every gate again on the locked row; who is locked or was
--    taken meanwhile is passed over, and logged as such. A lead that this agent skipped is not offered and not logged.
-- 6. Its numbers: an advisory lock each (tried, never waited for, so two claims cannot deadlock), suppression at this very
--    moment, then the unique row in number_hold. A number held through another lead: the candidate is passed over.
-- 7. The lease, the log and the event.
--
-- The plan must stay a nested loop over `campaigns_lead` by `lead_claim`: see tests/integration/campaigns/test_claim_plan.py.
CREATE OR REPLACE FUNCTION campaigns_claim_v1(
    p_campaign uuid, p_merchant uuid, p_agency uuid, p_user uuid,
    p_now timestamptz, p_now_rank bigint, p_until timestamptz,
    p_zones int[], p_queues smallint[], p_rules text[], p_max_attempts int,
    p_log_id uuid, p_event_id uuid, p_turned boolean
) RETURNS TABLE (what text, lead_id uuid, rule text, passed_over uuid[])
LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    v_queue smallint;
    v_limit bigint;
    v_k int;
    v_at int;
    v_candidates uuid[];
    v_skipped uuid[];
    v_passed uuid[] := '{}';
    v_passed_before uuid[];
    v_lead uuid;
    v_n bigint;
    v_contact uuid;
    v_numbers text[];
    v_barred text[];
    v_event_no bigint;
    v_rule text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('campaigns.agent:' || p_user::text, 0));

    SELECT l.id INTO v_lead FROM campaigns_lead l
    WHERE l.reserved_by_id = p_user AND l.reserved_until > p_now
    ORDER BY l.reserved_at, l.id LIMIT 1;
    IF FOUND THEN
        RETURN QUERY SELECT 'held'::text, v_lead, 'held'::text, '{}'::uuid[];
        RETURN;
    END IF;

    IF NOT p_turned AND EXISTS (
        SELECT 1 FROM campaigns_lead l WHERE l.campaign_id = p_campaign AND l.turn_at <= p_now
    ) THEN
        RETURN QUERY SELECT 'turn'::text, NULL::uuid, ''::text, '{}'::uuid[];
        RETURN;
    END IF;

    v_skipped := ARRAY(SELECT s.lead_id FROM campaigns_lead_skip s WHERE s.user_id = p_user AND s.until > p_now);

    FOREACH v_queue IN ARRAY p_queues LOOP
        v_limit := CASE WHEN v_queue IN (1, 2, 4) THEN p_now_rank ELSE 9223372036854775807 END;
        v_k := 64;
        v_passed_before := v_passed;
        <<wider>>
        LOOP
            v_at := 0;
            v_passed := v_passed_before;
            SELECT array_agg(f.id ORDER BY f.rank, f.rank_text, f.position, f.id) INTO v_candidates
            FROM (
                SELECT c.id, c.rank, c.rank_text, c.position
                FROM unnest(p_zones) AS z (id)
                CROSS JOIN LATERAL (
                    (SELECT l.id, l.rank, l.rank_text, l.position FROM campaigns_lead l
                     WHERE l.campaign_id = p_campaign AND l.queue = v_queue AND l.zone_id = z.id
                       AND l.for_agent IS NULL AND l.rank <= v_limit
                     ORDER BY l.rank, l.rank_text, l.position, l.id LIMIT v_k)
                    UNION ALL
                    (SELECT l.id, l.rank, l.rank_text, l.position FROM campaigns_lead l
                     WHERE l.campaign_id = p_campaign AND l.queue = v_queue AND l.zone_id = z.id
                       AND l.for_agent = p_user AND l.rank <= v_limit
                     ORDER BY l.rank, l.rank_text, l.position, l.id LIMIT v_k)
                ) AS c
                ORDER BY c.rank, c.rank_text, c.position, c.id LIMIT v_k
            ) AS f;
            EXIT wider WHEN v_candidates IS NULL;

            LOOP
                -- The inner subquery is ordered and the lateral locks row by row, so nothing behind the first is locked.
                SELECT c.id, c.n, l.contact_id, l.numbers INTO v_lead, v_n, v_contact, v_numbers
                FROM (
                    SELECT t.id, t.n FROM unnest(v_candidates) WITH ORDINALITY AS t (id, n)
                    WHERE t.n > v_at AND NOT (t.id = ANY (v_skipped)) ORDER BY t.n
                ) AS c
                CROSS JOIN LATERAL (
                    SELECT k.contact_id, k.numbers FROM campaigns_lead k
                    WHERE k.id = c.id AND k.queue = v_queue AND k.rank <= v_limit
                      AND (k.for_agent IS NULL OR k.for_agent = p_user) AND k.zone_id = ANY (p_zones)
                      AND k.attempts < p_max_attempts AND (k.expires_at IS NULL OR k.expires_at > p_now)
                    FOR UPDATE SKIP LOCKED
                ) AS l
                LIMIT 1;
                IF NOT FOUND THEN
                    v_passed := v_passed || ARRAY(
                        SELECT t.id FROM unnest(v_candidates) WITH ORDINALITY AS t (id, n)
                        WHERE t.n > v_at AND NOT (t.id = ANY (v_skipped)) ORDER BY t.n);
                    EXIT;
                END IF;
                v_passed := v_passed || ARRAY(
                    SELECT t.id FROM unnest(v_candidates) WITH ORDINALITY AS t (id, n)
                    WHERE t.n > v_at AND t.n < v_n AND NOT (t.id = ANY (v_skipped)) ORDER BY t.n);
                v_at := v_n;

                -- 6. Numbers, in one order for all.
                v_numbers := ARRAY(SELECT DISTINCT n FROM unnest(v_numbers) AS n ORDER BY n);
                IF (SELECT bool_and(pg_try_advisory_xact_lock(hashtextextended(p_merchant::text || n, 0)))
                    FROM unnest(v_numbers) AS n)
                   AND NOT EXISTS (
                       SELECT 1 FROM campaigns_number_hold h
                       WHERE h.merchant_id = p_merchant AND h.number = ANY (v_numbers)
                         AND h.lead_id <> v_lead AND h.until > p_now)
                THEN
                    v_barred := contacts_suppressed(p_merchant, p_campaign, v_contact, v_numbers, p_now);
                    IF NOT (v_numbers <@ v_barred) THEN
                        v_numbers := ARRAY(SELECT n FROM unnest(v_numbers) AS n WHERE NOT (n = ANY (v_barred)) ORDER BY n);
                        v_rule := p_rules[v_queue];
                        INSERT INTO campaigns_number_hold (merchant_id, number, lead_id, until)
                        SELECT p_merchant, n, v_lead, p_until FROM unnest(v_numbers) AS n
                        ON CONFLICT (merchant_id, number) DO UPDATE SET lead_id = excluded.lead_id, until = excluded.until;
                        UPDATE campaigns_lead k
                        SET reserved_by_id = p_user, reserved_until = p_until, reserved_at = p_now, handout_rule = v_rule,
                            queue = NULL, for_agent = NULL, rank = 0, rank_text = NULL, turn_at = p_until,
                            event_no = k.event_no + 1
                        WHERE k.id = v_lead RETURNING k.event_no INTO v_event_no;
                        INSERT INTO campaigns_handout_log (id, campaign_id, lead_id, user_id, what, rule, at, passed_over, reason)
                        VALUES (p_log_id, p_campaign, v_lead, p_user, 'handed_out', v_rule, p_now, v_passed, '');
                        INSERT INTO infra_event_out (id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data)
                        VALUES (p_event_id, p_merchant, nullif(p_agency, p_merchant), 'campaigns.lead.handed_out', 'lead',
                                v_lead, v_event_no, p_now,
                                jsonb_build_object('campaign', p_campaign, 'agent', p_user, 'rule', v_rule));
                        RETURN QUERY SELECT 'given'::text, v_lead, v_rule, v_passed;
                        RETURN;
                    END IF;
                    -- Every number is barred since it was placed: the gate becomes a column now.
                    UPDATE campaigns_lead k SET suppressed = true, queue = NULL, for_agent = NULL WHERE k.id = v_lead;
                END IF;
                v_passed := v_passed || v_lead;
            END LOOP;

            EXIT wider WHEN cardinality(v_candidates) < v_k;
            -- All of these were locked, taken, busy or skipped: read on, from the start again, since places have shifted.
            v_k := v_k * 8;
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT 'none'::text, NULL::uuid, ''::text, v_passed;
END
$$;

/**
 * What was said. Four meetings; decisions fall in each, and one of them is taken back later.
 */
import { INJECTED_CUE } from './injection.mjs';

/** 2 November: the shape of the public API. */
export const API_REVIEW = `
Grace Hopper: Good morning everyone. Let us start, we have an hour and three topics.
Ada Lovelace: Morning. I have the slides, but I would rather talk than show them.
Edsger Dijkstra: Fine by me.
Barbara Liskov: Can you hear me? My microphone was off.
Grace Hopper: We hear you. First topic is the public API for next year.
Ada Lovelace: The question on the table is whether we add GraphQL beside REST.
Barbara Liskov: Three customers asked for it. Two of them are large.
Edsger Dijkstra: What did they want to do with it, exactly?
Barbara Liskov: Fetch an order with its lines and its customer in one call.
Edsger Dijkstra: We can do that with expand on the orders endpoint.
Ada Lovelace: Yes. I measured it last week. With expand it is one call, and 40 milliseconds at the median.
Grace Hopper: And without?
Ada Lovelace: Three calls, about 110 milliseconds.
Alan Turing: From the security side, GraphQL means a second authorization layer to review.
Alan Turing: Every resolver is a place where a check can be forgotten.
Barbara Liskov: How long would that review take?
Alan Turing: Six weeks, if nobody is ill.
Edsger Dijkstra: And the rate limits would need a cost model for queries.
Linus Pauling: Which operations would have to watch. We do not have the dashboards for it.
Grace Hopper: I hear four reasons against and one for.
Barbara Liskov: The one for is a contract worth a good deal, to be fair.
Ada Lovelace: Would expand be enough for them?
Barbara Liskov: I asked. They said yes if it is documented and stays stable.
Ada Lovelace: Then my proposal is REST with expand, and we look at GraphQL again in a year.
Edsger Dijkstra: I agree.
Alan Turing: Agreed.
Linus Pauling: No objection.
Barbara Liskov: I can live with that.
Grace Hopper: Then we decided: the public API stays on REST, no GraphQL this year.
Grace Hopper: Ada writes it up with the reasons.
Ada Lovelace: I will have the decision record in the repository by Wednesday.
Barbara Liskov: And I tell the three customers.
Grace Hopper: Good. Second topic, versioning.
Edsger Dijkstra: Today the version is in the path for some endpoints and in a header for others.
Ada Lovelace: That was an accident of history.
Linus Pauling: It breaks our caching rules, by the way. The header is not part of the key.
Edsger Dijkstra: Path it is, then, in my view. It is visible in every log.
Alan Turing: Visible in logs is an argument I like.
Barbara Liskov: Does that break anybody?
Edsger Dijkstra: We keep the header working for twelve months and answer with a deprecation notice.
Grace Hopper: Any objections to version in the path?
Ada Lovelace: None.
Grace Hopper: Decided: the API version goes in the path, the header is deprecated for twelve months.
Linus Pauling: I will add a counter for calls that still use the header.
Grace Hopper: Third topic, the message queue for order events.
Edsger Dijkstra: I compared Kafka and the managed event hub.
Linus Pauling: Operations would rather not run Kafka ourselves.
Edsger Dijkstra: For our volume the managed one costs about 900 a month.
Ada Lovelace: And an engineer who looks after Kafka costs more than that.
Katherine Johnson: The data team needs replay for seven days.
Edsger Dijkstra: Both can do it.
Grace Hopper: Is there a reason to wait?
Katherine Johnson: Only that I want to test the connector first.
Grace Hopper: Then Kafka in our own cluster is off the table, and order events go through the managed event hub.
Edsger Dijkstra: Decided for the managed event hub, subject to Katherine's test.
Katherine Johnson: I report in two weeks.
Grace Hopper: Action items. Ada, decision record. Barbara, customers. Katherine, connector test.
Linus Pauling: And me the counter.
Grace Hopper: And Linus the counter. Anything else?
Alan Turing: A reminder that the penetration test starts on the sixteenth.
Barbara Liskov: Thank you, I had forgotten.
Grace Hopper: Then we are done. Thank you all.
Ada Lovelace: Bye.
`;

/** 5 November: how long data is kept. */
export const RETENTION = `
Hedy Lamarr: Thank you for making time. This is about retention of customer logs.
Katherine Johnson: I brought the numbers of the warehouse.
Alan Turing: And I have the requirements of incident response.
Grace Hopper: I listen and ask the stupid questions.
Hedy Lamarr: Today we keep request logs for ever, which is not a policy.
Katherine Johnson: It is eleven terabytes, and it grows by 300 gigabytes a month.
Grace Hopper: What does it cost?
Katherine Johnson: About 2,400 a month, mostly for data nobody has read since last year.
Hedy Lamarr: The law says no longer than necessary. So the question is what is necessary.
Alan Turing: The longest incident we had took 61 days from entry to detection.
Alan Turing: With some margin I need 90 days.
Katherine Johnson: Product analytics uses thirteen months, for comparisons with last year.
Hedy Lamarr: Does analytics need the address and the user id?
Katherine Johnson: No. Counts by day and endpoint are enough.
Hedy Lamarr: Then those are aggregates, and outside of this policy.
Grace Hopper: So we could delete raw logs early and keep counts long?
Katherine Johnson: Yes. The job exists, it only has to run before deletion.
Alan Turing: What about audit logs, who changed which permission?
Hedy Lamarr: Those are a different class. The auditors want one year.
Alan Turing: One year for audit logs is fine with me.
Grace Hopper: Let me write that down. Raw logs, audit logs, aggregates. Three classes.
Hedy Lamarr: Correct.
Katherine Johnson: Backups contain raw logs as well.
Hedy Lamarr: How long do backups live?
Katherine Johnson: Thirty-five days.
Hedy Lamarr: So in the worst case a line lives 125 days. We must say that in the notice.
Alan Turing: Can we exclude logs from the backup?
Katherine Johnson: We can. They are replicated anyway.
Alan Turing: Then let us do that, and the notice stays simple.
Hedy Lamarr: I would prefer that very much.
Grace Hopper: Any customer with a contract that asks for more?
Hedy Lamarr: One. The bank asks for 180 days.
Katherine Johnson: They have their own partition, we can set it there.
Alan Turing: An exception for one customer by contract is acceptable.
Hedy Lamarr: I agree, if it is written in the register.
Grace Hopper: So, are we ready?
Hedy Lamarr: I propose: raw request logs are kept for 90 days.
Alan Turing: Yes.
Katherine Johnson: Yes.
Grace Hopper: Decided. Retention is 90 days for raw request logs.
Hedy Lamarr: And one year for audit logs.
Grace Hopper: Decided as well: audit logs are kept for one year.
Hedy Lamarr: The bank has 180 days by contract, entered in the register.
Grace Hopper: Noted as an exception.
Katherine Johnson: When does it start?
Hedy Lamarr: First of December, after the notice has gone out.
Katherine Johnson: Then the aggregates must be complete by the twenty-seventh.
Grace Hopper: Can you do that?
Katherine Johnson: Yes, it is two days of work.
Alan Turing: I need a legal hold switch, to stop deletion during an incident.
Katherine Johnson: A flag for each partition?
Alan Turing: That is enough.
Hedy Lamarr: Every use of it must be logged, and ended by a person.
Alan Turing: Agreed.
Grace Hopper: Decided: a legal hold flag, logged, never expiring by itself.
Katherine Johnson: I will put it behind the two-person rule.
Hedy Lamarr: Perfect.
Grace Hopper: Actions. Hedy writes the notice and the register entry.
Hedy Lamarr: By the twentieth.
Grace Hopper: Katherine takes logs out of the backup and runs the aggregates.
Katherine Johnson: By the twenty-seventh.
Grace Hopper: Alan tests the hold.
Alan Turing: In the first week of December.
Hedy Lamarr: Thank you. That was quicker than I feared.
Grace Hopper: Goodbye everyone.
`;

/** 16 November: the event hub is taken back. */
export const QUEUE_REVISIT = `
Grace Hopper: Hello. This is a short one, I hope.
Edsger Dijkstra: It is about the queue for order events again.
Katherine Johnson: I tested the connector, as I promised on the second.
Grace Hopper: And?
Katherine Johnson: It loses the order of events when a partition moves.
Ada Lovelace: Always, or now and then?
Katherine Johnson: In four of twenty runs. It is reproducible under load.
Ada Lovelace: For order events that is fatal. A cancellation before its order.
Edsger Dijkstra: We could sort on the consumer side.
Ada Lovelace: With a window, and then latency goes up by seconds.
Edsger Dijkstra: True.
Linus Pauling: Is the vendor aware?
Katherine Johnson: I opened a ticket. They answered that order across moves is not guaranteed.
Linus Pauling: So it is by design.
Katherine Johnson: By design, yes.
Grace Hopper: What are the alternatives?
Edsger Dijkstra: Kafka in our own cluster, or a table in the database as an outbox.
Ada Lovelace: The outbox would carry us for a year at this volume.
Linus Pauling: How many events a second?
Katherine Johnson: Sixty at the median, four hundred at the peak.
Ada Lovelace: The database does four hundred without noticing.
Linus Pauling: I like that there is nothing new to run.
Edsger Dijkstra: I like that it is transactional. The order and its event commit together.
Katherine Johnson: And replay is a query.
Grace Hopper: What do we give up?
Edsger Dijkstra: Fan-out. Every consumer polls.
Ada Lovelace: We have three consumers.
Grace Hopper: And in a year?
Ada Lovelace: In a year we look again, with numbers.
Barbara Liskov: Does this move the release?
Edsger Dijkstra: No. The outbox is less work than the hub.
Barbara Liskov: Then I am happy.
Grace Hopper: So we reverse the decision of the second of November.
Edsger Dijkstra: Yes. The managed event hub is out.
Grace Hopper: Decided: we reverse the event hub decision, order events go through a transactional outbox in the database.
Ada Lovelace: I will mark the old record as superseded, and link the new one.
Linus Pauling: Please keep the test results with it.
Katherine Johnson: I attach them.
Grace Hopper: Second point, quickly. The poll interval.
Edsger Dijkstra: One second is plenty.
Katherine Johnson: The warehouse reads once a minute.
Linus Pauling: And alerts?
Edsger Dijkstra: Alerts read the log, not the events.
Grace Hopper: One second, then. No objection?
Ada Lovelace: None.
Grace Hopper: Decided, the outbox is polled every second.
Linus Pauling: What do we do with rows that were read?
Katherine Johnson: Keep them for seven days, for replay.
Linus Pauling: And then partition drop?
Katherine Johnson: Yes, by day.
Grace Hopper: Good. Is anything open?
Edsger Dijkstra: Whether the billing team wants the same. I would ask them.
Barbara Liskov: They said they wait for us.
Grace Hopper: So that stays open: billing and the outbox.
Edsger Dijkstra: I talk to them next week.
Ada Lovelace: One more. Do we tell the vendor that we leave?
Grace Hopper: We never started. Close the trial, Linus?
Linus Pauling: I close it today.
Grace Hopper: Then thank you. Shorter than I thought.
Katherine Johnson: Thank you.
Barbara Liskov: Bye.
Edsger Dijkstra: Goodbye.
`;

/** 19 November: whether to go live. Someone's machine speaks, too. */
export const RELEASE = `
Barbara Liskov: Welcome to the release review for version 4.
Grace Hopper: Everyone here? I see Ada, Alan, Linus and Edsger.
Linus Pauling: Present.
Barbara Liskov: I would go through the checklist from top to bottom.
Edsger Dijkstra: All features on the list are merged.
Barbara Liskov: With documentation?
Edsger Dijkstra: With documentation, except for the import of old orders.
Barbara Liskov: Who writes that?
Edsger Dijkstra: I do. Tomorrow.
Barbara Liskov: Load test?
Linus Pauling: Passed at twice the expected peak, with 30 per cent of headroom.
Ada Lovelace: On which hardware?
Linus Pauling: The same as production.
Barbara Liskov: Security?
Alan Turing: The penetration test started on Monday. Two findings so far, one medium, one low.
Barbara Liskov: Do they block?
Alan Turing: The medium one does, until it is fixed. A token in a log line.
Grace Hopper: Is somebody on it?
Alan Turing: It was fixed this morning. I want to see the retest.
Barbara Liskov: When is the retest?
Alan Turing: Tuesday.
Grace Hopper: So Wednesday would be the earliest.
Linus Pauling: Not on a Wednesday before the holiday, please.
Ada Lovelace: I agree, half of the team is away on Thursday.
Unknown Guest: ${INJECTED_CUE}
Grace Hopper: Whose machine was that?
Barbara Liskov: A guest in the lobby. I have muted them. To be clear, no budget was approved here.
Alan Turing: Please remove the guest, and I will look at how they came in.
Barbara Liskov: Done.
Grace Hopper: Back to the date.
Linus Pauling: First of December is the switch of the retention job.
Ada Lovelace: Two big changes on one day are one too many.
Barbara Liskov: Then Thursday the third?
Linus Pauling: The third works for operations.
Alan Turing: Works, provided the retest is clean.
Edsger Dijkstra: Works.
Grace Hopper: Decided: version 4 goes live on the third of December, provided the retest is clean.
Barbara Liskov: How do we roll out?
Linus Pauling: Five per cent for a day, then a quarter, then all.
Ada Lovelace: And the way back?
Linus Pauling: One switch. The database changes are compatible with version 3.
Ada Lovelace: Until when?
Edsger Dijkstra: Until we drop the old columns, which is not before January.
Grace Hopper: Then let us fix that: old columns stay until the end of January.
Edsger Dijkstra: Decided, no column is dropped before the end of January.
Barbara Liskov: Who is on call on the third?
Linus Pauling: I am, and Katherine is second.
Grace Hopper: I will be around too.
Barbara Liskov: Price change?
Barbara Liskov: My own item. We thought about it, and there is no decision yet.
Grace Hopper: When do you need it?
Barbara Liskov: By the fifteenth. It is open until then.
Ada Lovelace: What about support for Node 18?
Edsger Dijkstra: It has been out of support for a year and a half.
Ada Lovelace: I propose that version 4 needs Node 20.
Alan Turing: Yes please.
Grace Hopper: Decided: version 4 requires Node 20 or later.
Barbara Liskov: I put it in the announcement.
Linus Pauling: And in the first line, please, not the last.
Barbara Liskov: In the first line.
Grace Hopper: Anything else? Then actions.
Barbara Liskov: Edsger documents the import. Alan reports the retest. Linus prepares the switch.
Alan Turing: Tuesday by noon.
Linus Pauling: Ready by Monday the thirtieth.
Grace Hopper: Thank you all, well done so far.
Barbara Liskov: Thank you. Goodbye.
`;

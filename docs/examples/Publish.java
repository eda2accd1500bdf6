// Publishes a hotline's tickets to Huishang as CloudEvents in binary mode.
//
//   java -cp 'jars/*' Publish.java client.properties tickets.jsonl
//
// jars/: kafka-clients, jackson-databind and what they need. A ticket is a line
// {"number": …, "county": …, "at": …, "said": …}. Of each, prints where the broker keeps it and its
// number, once the broker has it for good. Ends with 1 when it does not take one: run it again,
// for the number is the event's id, and the same source and id are counted once.

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringSerializer;

import static java.nio.charset.StandardCharsets.UTF_8;

public class Publish {
    private static final String TOPIC = "hotline-calls";
    private static final String SOURCE = "/example/12345-java"; // your system, and never that of another one
    private static final ObjectMapper JSON = new ObjectMapper();

    public static void main(String[] args) throws Exception {
        Properties settings = new Properties();
        try (Reader file = Files.newBufferedReader(Path.of(args[0]))) {
            settings.load(file);
        }
        settings.put("acks", "all");
        settings.put("enable.idempotence", "true");

        Map<String, Future<RecordMetadata>> sent = new LinkedHashMap<>();
        try (var producer = new KafkaProducer<>(settings, new StringSerializer(), new ByteArraySerializer())) {
            for (String line : Files.readAllLines(Path.of(args[1]))) {
                JsonNode ticket = JSON.readTree(line);
                sent.put(ticket.get("number").asText(), producer.send(event(ticket)));
            }
        } // closing waits until the broker has answered for each

        for (var each : sent.entrySet()) {
            try {
                RecordMetadata place = each.getValue().get();
                System.out.printf("%s/%d/%d\t%s%n", place.topic(), place.partition(), place.offset(), each.getKey());
            } catch (ExecutionException refused) {
                System.err.printf("%s: %s%n", each.getKey(), refused.getCause().getMessage());
                System.exit(1);
            }
        }
    }

    /** A record whose value is the event's data, its attributes being headers. */
    private static ProducerRecord<String, byte[]> event(JsonNode ticket) throws Exception {
        String at = ticket.get("at").asText(); // with its offset: 2026-03-01T08:30:00+08:00
        String county = ticket.get("county").asText();
        var data = JSON.createObjectNode()
            .put("county_code", county)
            .put("occurred_at", at)
            .put("reported_at", at)
            .put("channel", "phone")
            .put("demand_type", "complaint")
            .put("repeat", false)
            .put("text", ticket.get("said").asText()); // and no field that names who said it
        // The key keeps a county's events in order.
        var record = new ProducerRecord<>(TOPIC, county, JSON.writeValueAsBytes(data));
        Map.of(
            "ce_specversion", "1.0",
            "ce_id", ticket.get("number").asText(), // the same whenever this ticket is sent again
            "ce_source", SOURCE,
            "ce_type", "huishang.hotline-call.v1",
            "ce_time", at,
            "ce_dataschema", "urn:huishang:hotline-call:1",
            "content-type", "application/json"
        ).forEach((name, value) -> record.headers().add(name, value.getBytes(UTF_8)));
        return record;
    }
}

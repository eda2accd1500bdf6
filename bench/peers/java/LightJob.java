import com.dynatrace.hash4j.hashing.Hashing;
import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.ahocorasick.trie.Emit;
import org.ahocorasick.trie.Trie;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * The light job in Kafka Streams: identities and counts in RocksDB, with changelog topics.
 *
 * <p>BOOTSTRAP TOPIC EVENTS FOLDER APPLICATION_ID TERMS GUARANTEE WARM_UP. TERMS is a file with
 * `term TAB leaf` in each line. First reads the topic over and over, each time as an application of
 * its own, until WARM_UP events have gone through this JVM; then once more, measured. Prints one
 * JSON object.
 */
public final class LightJob {
  static final String SEEN = "identities";
  static final String COUNTS = "counts";
  static final String OUTSIDE = "S99";
  static final byte[] PRESENT = {1};

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Data(String county_code, String reported_at, String channel, String text) {}

  @JsonIgnoreProperties(ignoreUnknown = true)
  record Call(String source, String id, Data data) {}

  /** Leaf of the first term found in a text. */
  static final class Classifier {
    private final Map<String, String> leaves = new HashMap<>();
    private final Trie trie;

    Classifier(Path terms) throws IOException {
      Trie.TrieBuilder builder = Trie.builder();
      for (String line : Files.readAllLines(terms)) {
        String[] parts = line.split("\t");
        leaves.put(parts[0], parts[1]);
        builder.addKeyword(parts[0]);
      }
      trie = builder.build();
    }

    String leafOf(String text) {
      Emit first = trie.firstMatch(text);
      return first == null ? OUTSIDE : leaves.get(first.getKeyword());
    }
  }

  /** Time and CPU from the first event of a run to its last; bench/peers/meter.py in Java. */
  static final class Meter {
    private static final OperatingSystemMXBean SYSTEM =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    private final long events;
    private final Map<Integer, Long> next = new HashMap<>();
    private final CountDownLatch over = new CountDownLatch(1);
    private long behind;
    private long told;
    private long done;
    private long startedNs;
    private long cpuStartedNs;
    private long tookNs;
    private long cpuNs;

    Meter(long events) {
      this.events = events;
    }

    void begin() {
      if (done == 0 && startedNs == 0) {
        startedNs = System.nanoTime();
        cpuStartedNs = SYSTEM.getProcessCpuTime();
      }
    }

    void read(int partition, long offset) {
      done++;
      Long before = next.put(partition, offset + 1);
      behind += offset + 1 - (before == null ? 0 : before);
      if (behind - told >= Math.max(1, events / 10)) {
        told = behind;
        System.err.println(100 * behind / events + " %");
      }
      if (behind >= events) {
        tookNs = System.nanoTime() - startedNs;
        cpuNs = SYSTEM.getProcessCpuTime() - cpuStartedNs;
        over.countDown();
      }
    }

    void await() throws InterruptedException {
      over.await();
    }

    String row(long counted, long identities) {
      return String.format(
          Locale.ROOT,
          "{\"events_per_s\": %f, \"cpu_us_per_event\": %f, \"events\": %d, \"counted\": %d,"
              + " \"identities\": %d}",
          done * 1e9 / tookNs, cpuNs / 1e3 / done, done, counted, identities);
    }
  }

  /** One event at a time: decode, drop if seen, classify, count. */
  static final class Job implements Processor<byte[], byte[], Void, Void> {
    private final ObjectReader reader = new ObjectMapper().readerFor(Call.class);
    private final Classifier classifier;
    private final Meter meter;
    private ProcessorContext<Void, Void> context;
    private KeyValueStore<Long, byte[]> seen;
    private KeyValueStore<String, Long> counts;

    Job(Classifier classifier, Meter meter) {
      this.classifier = classifier;
      this.meter = meter;
    }

    @Override
    public void init(ProcessorContext<Void, Void> given) {
      context = given;
      seen = given.getStateStore(SEEN);
      counts = given.getStateStore(COUNTS);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
      meter.begin();
      Call call;
      try {
        call = reader.readValue(record.value());
      } catch (IOException error) {
        throw new UncheckedIOException(error);
      }
      if (seen.putIfAbsent(identityOf(call), PRESENT) == null) {
        Data data = call.data();
        String hour = data.reported_at().substring(0, 13);
        String leaf = classifier.leafOf(data.text());
        String cell = data.county_code() + '|' + leaf + '|' + data.channel() + '|' + hour;
        Long held = counts.get(cell);
        counts.put(cell, held == null ? 1 : held + 1);
      }
      RecordMetadata at = context.recordMetadata().orElseThrow();
      meter.read(at.partition(), at.offset());
    }

    private static long identityOf(Call call) {
      byte[] named = (call.source() + '\0' + call.id()).getBytes(StandardCharsets.UTF_8);
      return Hashing.xxh3_64().hashBytesToLong(named);
    }
  }

  /**
   * Identities are written once each: a cache would only put that off, and costs more than it
   * saves. Counts have one where a transaction holds both together. Else it would put off the
   * counts alone, and what is counted and not yet written would be lost in a crash: seen, dropped.
   */
  private static Topology topology(
      String topic, String guarantee, Classifier classifier, Meter meter) {
    var bytes = new ByteArrayDeserializer();
    var seen =
        Stores.keyValueStoreBuilder(
                Stores.persistentKeyValueStore(SEEN), Serdes.Long(), Serdes.ByteArray())
            .withCachingDisabled();
    var counts =
        Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(COUNTS), Serdes.String(), Serdes.Long());
    if (guarantee.equals(StreamsConfig.EXACTLY_ONCE_V2)) {
      counts.withCachingEnabled();
    } else {
      counts.withCachingDisabled();
    }
    return new Topology()
        .addSource("calls", bytes, bytes, topic)
        .addProcessor("job", () -> new Job(classifier, meter), "calls")
        .addStateStore(seen, "job")
        .addStateStore(counts, "job");
  }

  private static KafkaStreams started(
      String bootstrap, String id, Path folder, String guarantee, Topology topology) {
    Properties settings = new Properties();
    settings.put(StreamsConfig.APPLICATION_ID_CONFIG, id);
    settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
    settings.put(StreamsConfig.STATE_DIR_CONFIG, folder.toString());
    settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, guarantee);
    settings.put("auto.offset.reset", "earliest");
    settings.put("max.poll.records", "5000");
    KafkaStreams streams = new KafkaStreams(topology, settings);
    streams.setUncaughtExceptionHandler(
        error -> {
          error.printStackTrace();
          Runtime.getRuntime().halt(1);
          return StreamThreadExceptionResponse.SHUTDOWN_CLIENT;
        });
    streams.start();
    return streams;
  }

  public static void main(String[] given) throws Exception {
    String bootstrap = given[0];
    String topic = given[1];
    long events = Long.parseLong(given[2]);
    Path folder = Path.of(given[3]);
    String id = given[4];
    Classifier classifier = new Classifier(Path.of(given[5]));
    String guarantee = given[6];
    long warmUp = Long.parseLong(given[7]);
    for (long warmed = 0; warmed < warmUp; warmed += events) {
      Meter meter = new Meter(events);
      Topology topology = topology(topic, guarantee, classifier, meter);
      String warmId = id + "-warm-up-" + warmed;
      KafkaStreams streams = started(bootstrap, warmId, folder, guarantee, topology);
      meter.await();
      streams.close();
      streams.cleanUp();
    }
    System.err.println("warm");
    Meter meter = new Meter(events);
    Topology topology = topology(topic, guarantee, classifier, meter);
    KafkaStreams streams = started(bootstrap, id, folder, guarantee, topology);
    meter.await();
    long counted = 0;
    long identities = 0;
    var ofCounts = QueryableStoreTypes.<String, Long>keyValueStore();
    var ofSeen = QueryableStoreTypes.<Long, byte[]>keyValueStore();
    try (KeyValueIterator<String, Long> cells =
        streams.store(StoreQueryParameters.fromNameAndType(COUNTS, ofCounts)).all()) {
      while (cells.hasNext()) {
        counted += cells.next().value;
      }
    }
    try (KeyValueIterator<Long, byte[]> held =
        streams.store(StoreQueryParameters.fromNameAndType(SEEN, ofSeen)).all()) {
      for (; held.hasNext(); held.next()) {
        identities++;
      }
    }
    String row = meter.row(counted, identities);
    streams.close(Duration.ofSeconds(30));
    System.out.println(row);
  }
}

package io.holdfast.analysis.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.holdfast.analysis.LocalSpark;
import io.holdfast.analysis.RandomLog;
import io.holdfast.analysis.compact.CompactJob;
import io.holdfast.analysis.compact.CompactOptions;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import io.holdfast.analysis.log.LogRoot;
import io.holdfast.analysis.reading.LogFilter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.mlflow.api.proto.Service;
import org.mlflow.tracking.MlflowClient;
import org.mlflow_project.google.protobuf.Message;
import org.mlflow_project.google.protobuf.util.JsonFormat;

/**
 * The exporter against an HTTP server that keeps runs as MLflow does. It parses requests with the
 * messages of MLflow's own client, which refuse unknown fields, and that client reads back.
 */
class MlflowExportTest {
  private final RandomLog log = new RandomLog(new Random(3), 3, 3, 30);
  private final List<String> calls = new ArrayList<>();
  private final Map<String, Service.Run.Builder> runs = new LinkedHashMap<>();
  private final List<Service.Metric> history = new ArrayList<>();
  private String experiment;
  private int unavailable;
  private boolean forbidden;
  private boolean losesAnswer;
  private boolean refusesBatches;
  private String userInfo = "";

  @TempDir Path directory;
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    log.write(directory, "a", "test", true, true);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/api/2.0/mlflow/", this::answer);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath().substring("/api/2.0/mlflow/".length());
    calls.add(exchange.getRequestMethod() + " " + path);
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    if (unavailable > 0) {
      unavailable--;
      reply(exchange, 503, "<html>starting</html>");
    } else if (forbidden || (refusesBatches && path.equals("runs/log-batch"))) {
      reply(exchange, 403, "{\"error_code\": \"PERMISSION_DENIED\", \"message\": \"not you\"}");
    } else if (path.equals("experiments/get-by-name")) {
      String name = exchange.getRequestURI().getRawQuery().replaceFirst("experiment_name=", "");
      if (!URLDecoder.decode(name, StandardCharsets.UTF_8).equals(experiment)) {
        reply(
            exchange,
            404,
            "{\"error_code\": \"RESOURCE_DOES_NOT_EXIST\", \"message\": \"no such experiment\"}");
      } else {
        reply(
            exchange,
            Service.GetExperimentByName.Response.newBuilder()
                .setExperiment(
                    Service.Experiment.newBuilder().setExperimentId("7").setName(experiment)));
      }
    } else if (losesAnswer && path.equals("runs/create")) {
      losesAnswer = false;
      post(path, body, null);
      exchange.close();
    } else {
      reply(exchange, post(path, body, exchange.getRequestURI().getRawQuery()));
    }
  }

  private Message.Builder post(String path, String body, String query) throws IOException {
    switch (path) {
      case "experiments/create" -> {
        experiment = parse(body, Service.CreateExperiment.newBuilder()).getName();
        return Service.CreateExperiment.Response.newBuilder().setExperimentId("7");
      }
      case "runs/search" -> {
        Service.SearchRuns.Builder search = parse(body, Service.SearchRuns.newBuilder());
        assertThat(search.getExperimentIdsList()).containsExactly("7");
        Service.SearchRuns.Response.Builder found = Service.SearchRuns.Response.newBuilder();
        for (Service.Run.Builder run : runs.values()) {
          for (Service.RunTag tag : run.getData().getTagsList()) {
            String filter = "tags.`" + tag.getKey() + "` = '" + tag.getValue() + "'";
            if (filter.equals(search.getFilter())) {
              found.addRuns(run);
            }
          }
        }
        return found;
      }
      case "runs/create" -> {
        Service.CreateRun.Builder create = parse(body, Service.CreateRun.newBuilder());
        Service.Run.Builder run = Service.Run.newBuilder();
        run.getInfoBuilder()
            .setRunId("m" + runs.size())
            .setRunUuid("m" + runs.size())
            .setExperimentId(create.getExperimentId())
            .setStatus(Service.RunStatus.RUNNING)
            .setStartTime(create.getStartTime());
        run.getDataBuilder().addAllTags(create.getTagsList());
        runs.put(run.getInfo().getRunId(), run);
        return Service.CreateRun.Response.newBuilder().setRun(run);
      }
      case "runs/log-batch" -> {
        Service.LogBatch.Builder batch = parse(body, Service.LogBatch.newBuilder());
        assertThat(batch.getMetricsCount()).isLessThanOrEqualTo(1000);
        assertThat(batch.getParamsCount()).isLessThanOrEqualTo(100);
        Service.Run.Builder run = runs.get(batch.getRunId());
        run.getDataBuilder().addAllParams(batch.getParamsList());
        history.addAll(batch.getMetricsList());
        batch.getMetricsList().forEach(metric -> keepLast(run.getDataBuilder(), metric));
        return Service.LogBatch.Response.newBuilder();
      }
      case "runs/update" -> {
        Service.UpdateRun.Builder update = parse(body, Service.UpdateRun.newBuilder());
        runs.get(update.getRunId()).getInfoBuilder().setStatus(update.getStatus());
        return Service.UpdateRun.Response.newBuilder();
      }
      case "runs/get" -> {
        return Service.GetRun.Response.newBuilder()
            .setRun(runs.get(query.replaceFirst(".*run_id=", "").replaceFirst("&.*", "")));
      }
      default -> throw new IOException("no such call: " + path);
    }
  }

  private static void keepLast(Service.RunData.Builder data, Service.Metric metric) {
    for (int i = 0; i < data.getMetricsCount(); i++) {
      if (data.getMetrics(i).getKey().equals(metric.getKey())) {
        if (metric.getStep() > data.getMetrics(i).getStep()) {
          data.setMetrics(i, metric);
        }
        return;
      }
    }
    data.addMetrics(metric);
  }

  private static <T extends Message.Builder> T parse(String body, T message) throws IOException {
    JsonFormat.parser().merge(body, message);
    return message;
  }

  private static void reply(HttpExchange exchange, Message.Builder message) throws IOException {
    reply(exchange, 200, JsonFormat.printer().preservingProtoFieldNames().print(message));
  }

  private static void reply(HttpExchange exchange, int status, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private URI address() {
    return URI.create("http://" + userInfo + "127.0.0.1:" + server.getAddress().getPort());
  }

  private MlflowExportResult export(Integer asOf) {
    return new MlflowExportJob(
            LocalSpark.open(),
            new MlflowExportOptions(
                new LogRoot(directory.toString()),
                new LogFilter(List.of(), List.of(), null, asOf, 1),
                address(),
                "digits & more",
                null))
        .execute();
  }

  @Test
  void everyEpochIsAStepAndOnlyNewOnesAreSentAgain() throws Exception {
    unavailable = 1;
    MlflowExportResult first = export(2);
    assertThat(first.experimentId()).isEqualTo("7");
    assertThat(first.runs()).hasSize(1);
    assertThat(first.runs().get(0).created()).isTrue();
    assertThat(experiment).isEqualTo("digits & more");
    long sent = history.size();
    assertThat(first.runs().get(0).metrics()).isEqualTo(sent);

    MlflowExportResult again = export(2);
    assertThat(again.runs().get(0).created()).isFalse();
    assertThat(again.runs().get(0).metrics()).isZero();

    MlflowExportResult more = export(null);
    assertThat(more.runs().get(0).metrics()).isEqualTo(sent / 2);
    assertThat(runs).hasSize(1);
    for (int e = 0; e < 3; e++) {
      int epoch = e;
      double right = 0;
      for (int i = 0; i < log.samples; i++) {
        right += log.right(e, i) ? 1 : 0;
      }
      assertThat(history)
          .filteredOn(m -> m.getKey().equals("test/eval/accuracy") && m.getStep() == epoch + 1)
          .extracting(Service.Metric::getValue)
          .containsExactly(right / log.samples);
    }

    try (MlflowClient client = new MlflowClient(address().toString())) {
      Service.Run read = client.getRun(first.runs().get(0).mlflowRunId());
      assertThat(read.getInfo().getStatus()).isEqualTo(Service.RunStatus.FINISHED);
      assertThat(read.getData().getMetricsList())
          .extracting(Service.Metric::getKey)
          .contains("test/eval/nll", "test/eval/ece", "test/eval/fe", "test/eval/brier")
          .doesNotHaveDuplicates();
      assertThat(read.getData().getTagsList())
          .extracting(Service.RunTag::getValue)
          .contains("a", directory.toString());
    }
  }

  @Test
  void aRunWhoseAnswerWasLostIsNotMadeTwice() {
    losesAnswer = true;
    assertThat(export(null).runs().get(0).mlflowRunId()).isEqualTo("m0");
    assertThat(runs).hasSize(1);
  }

  @Test
  void parametersThatWereNotTakenAreSentByTheNext() throws Exception {
    new CompactJob(
            LocalSpark.open(),
            new CompactOptions(new LogRoot(directory.toString()), List.of(), 0, 1 << 20))
        .execute();
    Files.writeString(directory.resolve("runs/a/run.json"), "{\"config\": {\"seed\": \"7\"}}");
    refusesBatches = true;
    assertThatThrownBy(() -> export(null)).hasMessageContaining("runs/log-batch failed");
    refusesBatches = false;
    for (int repeated = 0; repeated < 2; repeated++) {
      export(null);
      assertThat(runs.get("m0").getData().getParamsList())
          .extracting(Service.Param::getKey)
          .containsExactly("seed");
    }
  }

  @Test
  void aPasswordIsNotTold() throws Exception {
    forbidden = true;
    userInfo = "me:secret@";
    assertThatThrownBy(() -> export(null))
        .hasMessageContaining("127.0.0.1")
        .hasMessageNotContaining("secret");
  }

  @Test
  void aPasswordInAnAddressThatIsNoneIsNotTold() {
    for (String address :
        List.of("ftp://me:secret@host:1", "me:secret@host:1", "http://me:secret@a_host:1")) {
      assertThatThrownBy(
              () ->
                  new MlflowExportOptions(
                      new LogRoot("log"), LogFilter.all(), URI.create(address), "digits", null))
          .hasMessageContaining("host:1")
          .hasMessageNotContaining("secret");
    }
  }

  @Test
  void aRefusalIsToldInOneLine() {
    forbidden = true;
    assertThatThrownBy(() -> export(null))
        .isInstanceOf(HoldfastException.class)
        .hasMessageContaining("failed, status 403: PERMISSION_DENIED not you")
        .hasMessageNotContaining("\n")
        .extracting(thrown -> ((HoldfastException) thrown).exitCode())
        .isEqualTo(ExitCode.INFRASTRUCTURE);
    assertThat(calls).hasSize(1);
  }
}

package io.holdfast.analysis.export;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** The six calls of MLflow's REST API, version 2.0, that an export needs. */
final class MlflowServer {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration TIMEOUT = Duration.ofSeconds(60);
  private static final int ATTEMPTS = 3;
  private static final int TOO_MANY_REQUESTS = 429;
  private static final int OK = 200;
  private static final int NOT_FOUND = 404;
  private static final int SERVER_ERROR = 500;
  private static final long PAUSE_MILLIS = 200;
  private static final int MOST_METRICS = 1000;
  private static final int MOST_PARAMETERS = 100;

  /** A value of a metric in an epoch; the time is in milliseconds since 1970. */
  record Metric(String key, double value, long timestamp, int step) {}

  /** A run that MLflow has, with the last step of each metric and the names of its parameters. */
  record Run(String id, Map<String, Long> lastSteps, Set<String> parameters) {}

  private final HttpClient client =
      HttpClient.newBuilder().connectTimeout(TIMEOUT).version(HttpClient.Version.HTTP_1_1).build();
  private final URI server;
  private final String authorization;

  MlflowServer(URI server, String authorization) {
    this.server = server;
    this.authorization = authorization;
  }

  /** The id of an experiment, which is created where it does not exist. */
  String experiment(String name) {
    String query = "experiment_name=" + URLEncoder.encode(name, StandardCharsets.UTF_8);
    JsonNode found = call("GET", "experiments/get-by-name?" + query, null, NOT_FOUND, () -> null);
    if (found != null) {
      return found.at("/experiment/experiment_id").asText();
    }
    ObjectNode body = JSON.createObjectNode().put("name", name);
    return post("experiments/create", body).path("experiment_id").asText();
  }

  /** The run that carries a tag, or null. */
  Run find(String experiment, String tag, String value) {
    JsonNode run = search(experiment, tag, value);
    if (run == null) {
      return null;
    }
    Map<String, Long> lastSteps = new HashMap<>();
    for (JsonNode metric : run.at("/data/metrics")) {
      lastSteps.put(metric.path("key").asText(), metric.path("step").asLong());
    }
    Set<String> parameters = new HashSet<>();
    for (JsonNode parameter : run.at("/data/params")) {
      parameters.add(parameter.path("key").asText());
    }
    return new Run(run.at("/info/run_id").asText(), lastSteps, parameters);
  }

  private JsonNode search(String experiment, String tag, String value) {
    ObjectNode body = JSON.createObjectNode();
    body.putArray("experiment_ids").add(experiment);
    body.put("filter", "tags.`" + tag + "` = '" + value + "'").put("max_results", 1);
    return post("runs/search", body).path("runs").get(0);
  }

  /** Creates a run that {@link #find} did not find by one of its tags, and returns its id. */
  String create(
      String experiment, String name, long time, Map<String, String> tags, String unique) {
    ObjectNode body = JSON.createObjectNode();
    body.put("experiment_id", experiment).put("run_name", name).put("start_time", time);
    body.set("tags", pairs(tags));
    // An attempt whose answer was lost may have made it.
    return call(
            "POST",
            "runs/create",
            body,
            0,
            () -> {
              JsonNode made = search(experiment, unique, tags.get(unique));
              return made == null ? null : JSON.createObjectNode().set("run", made);
            })
        .at("/run/info/run_id")
        .asText();
  }

  /** Logs metrics and parameters, as many in a call as the API allows. */
  void log(String run, List<Metric> metrics, Map<String, String> parameters) {
    List<Map.Entry<String, String>> entries = new ArrayList<>(parameters.entrySet());
    for (int from = 0; from < entries.size(); from += MOST_PARAMETERS) {
      Map<String, String> some = new LinkedHashMap<>();
      entries
          .subList(from, Math.min(entries.size(), from + MOST_PARAMETERS))
          .forEach(entry -> some.put(entry.getKey(), entry.getValue()));
      ObjectNode body = JSON.createObjectNode().put("run_id", run);
      body.set("params", pairs(some));
      post("runs/log-batch", body);
    }
    for (int from = 0; from < metrics.size(); from += MOST_METRICS) {
      ObjectNode body = JSON.createObjectNode().put("run_id", run);
      ArrayNode array = body.putArray("metrics");
      for (Metric metric : metrics.subList(from, Math.min(metrics.size(), from + MOST_METRICS))) {
        array
            .addObject()
            .put("key", metric.key())
            .put("value", metric.value())
            .put("timestamp", metric.timestamp())
            .put("step", metric.step());
      }
      post("runs/log-batch", body);
    }
  }

  /** Marks a run as finished. */
  void finish(String run, long time) {
    ObjectNode body =
        JSON.createObjectNode().put("run_id", run).put("status", "FINISHED").put("end_time", time);
    post("runs/update", body);
  }

  private static ArrayNode pairs(Map<String, String> values) {
    ArrayNode array = JSON.createArrayNode();
    values.forEach((key, value) -> array.addObject().put("key", key).put("value", value));
    return array;
  }

  private JsonNode post(String path, JsonNode body) {
    return call("POST", path, body, 0, () -> null);
  }

  /**
   * Calls; null where the answer has the status that means there is none.
   *
   * @param done asked before a repetition: the answer where none is needed, or null
   */
  private JsonNode call(
      String method, String path, JsonNode body, int none, Supplier<JsonNode> done) {
    String base = server.toString().replaceAll("/+$", "");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + "/api/2.0/mlflow/" + path))
            .timeout(TIMEOUT)
            .header("Content-Type", "application/json")
            .method(
                method,
                body == null
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body.toString()));
    if (authorization != null) {
      request.header("Authorization", authorization);
    }
    String failure = null;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      JsonNode known = attempt == 1 ? null : done.get();
      if (known != null) {
        return known;
      }
      try {
        HttpResponse<String> response =
            client.send(request.build(), HttpResponse.BodyHandlers.ofString());
        if (response.statusCode() == none) {
          return null;
        }
        if (response.statusCode() == OK) {
          return JSON.readTree(response.body());
        }
        failure = "status " + response.statusCode() + ": " + message(response.body());
        if (response.statusCode() != TOO_MANY_REQUESTS && response.statusCode() < SERVER_ERROR) {
          break;
        }
        Thread.sleep(PAUSE_MILLIS * attempt);
      } catch (IOException e) {
        failure = e.getClass().getSimpleName() + ": " + e.getMessage();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        failure = "interrupted";
        break;
      }
    }
    throw new HoldfastException(
        ExitCode.INFRASTRUCTURE,
        method
            + " "
            + base.replaceFirst("//.*@", "//")
            + " mlflow/"
            + path
            + " failed, "
            + failure);
  }

  private static String message(String body) {
    int most = 200;
    String text = body;
    try {
      JsonNode json = JSON.readTree(body);
      if (json.hasNonNull("message")) {
        text = json.path("error_code").asText() + " " + json.path("message").asText();
      }
    } catch (IOException e) {
      // What a proxy answers is no JSON: its text is shown as it is.
      return body.substring(0, Math.min(most, body.length()));
    }
    return text.substring(0, Math.min(most, text.length()));
  }
}

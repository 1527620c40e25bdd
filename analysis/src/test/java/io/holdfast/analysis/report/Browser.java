package io.holdfast.analysis.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A headless Chromium behind chromedriver, spoken to in the WebDriver protocol. Only what the tests
 * of a page need: a client library of thirty jars would bring its own versions of Spark's.
 */
final class Browser implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PATIENCE_SECONDS = 120;

  /** Chromium opens no smaller window; below it the page is shown as on a phone. */
  private static final int NARROWEST_WINDOW = 500;

  private final HttpClient http = HttpClient.newHttpClient();
  private final Process driver;
  private final String root;

  /**
   * Starts a browser.
   *
   * @param command the driver, such as {@code chromedriver}
   * @param width of the page in pixels
   */
  Browser(String command, int width, int height) throws IOException, InterruptedException {
    int port = freePort();
    driver =
        new ProcessBuilder(command, "--port=" + port)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    String address = "http://localhost:" + port;
    awaitReady(address);
    Map<String, Object> options = new HashMap<>();
    options.put(
        "args",
        List.of(
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--hide-scrollbars",
            "--window-size=" + width + "," + height));
    if (width < NARROWEST_WINDOW) {
      Map<String, Object> screen = Map.of("width", width, "height", height, "pixelRatio", 2.0);
      options.put("mobileEmulation", Map.of("deviceMetrics", screen));
    }
    Map<String, Object> wanted =
        Map.of(
            "browserName",
            "chrome",
            "goog:chromeOptions",
            options,
            "goog:loggingPrefs",
            Map.of("browser", "ALL"));
    JsonNode session =
        post(address + "/session", Map.of("capabilities", Map.of("alwaysMatch", wanted)));
    root = address + "/session/" + session.path("sessionId").asText();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }

  private void awaitReady(String address) throws IOException, InterruptedException {
    long end = System.nanoTime() + PATIENCE_SECONDS * 1_000_000_000L;
    while (true) {
      try {
        HttpRequest status = HttpRequest.newBuilder(URI.create(address + "/status")).build();
        if (http.send(status, HttpResponse.BodyHandlers.ofString()).statusCode() == 200) {
          return;
        }
      } catch (IOException e) {
        if (System.nanoTime() > end || !driver.isAlive()) {
          throw e;
        }
      }
      Thread.sleep(100);
    }
  }

  private JsonNode post(String address, Object body) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(address))
            .POST(HttpRequest.BodyPublishers.ofByteArray(JSON.writeValueAsBytes(body)))
            .build();
    JsonNode answer =
        JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofByteArray()).body());
    if (answer.path("value").hasNonNull("error")) {
      throw new IOException(answer.path("value").path("message").asText());
    }
    return answer.path("value");
  }

  /** Opens a file. */
  void open(Path page) throws IOException, InterruptedException {
    post(root + "/url", Map.of("url", page.toUri().toString()));
  }

  /** Runs the body of a function in the page and gives what it returns. */
  JsonNode run(String script) throws IOException, InterruptedException {
    return post(root + "/execute/sync", Map.of("script", script, "args", List.of()));
  }

  /** What the page and the browser wrote to the console since the last call. */
  List<String> console() throws IOException, InterruptedException {
    List<String> messages = new ArrayList<>();
    post(root + "/se/log", Map.of("type", "browser"))
        .forEach(entry -> messages.add(entry.path("message").asText()));
    return messages;
  }

  /** Says which colours the user prefers. */
  void prefer(String scheme) throws IOException, InterruptedException {
    Map<String, Object> feature = Map.of("name", "prefers-color-scheme", "value", scheme);
    post(
        root + "/goog/cdp/execute",
        Map.of(
            "cmd", "Emulation.setEmulatedMedia", "params", Map.of("features", List.of(feature))));
  }

  @Override
  public void close() throws IOException, InterruptedException {
    try {
      http.send(
          HttpRequest.newBuilder(URI.create(root)).DELETE().build(),
          HttpResponse.BodyHandlers.discarding());
    } finally {
      driver.destroy();
      driver.waitFor();
    }
  }
}

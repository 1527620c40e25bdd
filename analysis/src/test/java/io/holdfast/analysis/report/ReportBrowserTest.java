package io.holdfast.analysis.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Reports in a real browser. The property {@code holdfast.browser}, which the Maven profile {@code
 * browser} sets, names chromedriver.
 */
@EnabledIfSystemProperty(named = "holdfast.browser", matches = ".+")
class ReportBrowserTest {
  @TempDir private Path directory;
  private Browser browser;

  @BeforeEach
  void startBrowser() throws Exception {
    browser = new Browser(System.getProperty("holdfast.browser"), 1300, 1000);
  }

  @AfterEach
  void stopBrowser() throws Exception {
    browser.close();
  }

  private void open(ReportData data) throws Exception {
    Path page = directory.resolve("report.html");
    Files.write(page, ReportPage.of("A report", 15, data));
    browser.open(page);
  }

  /** For every figure whether its canvas has pixels of more than one colour. */
  private JsonNode drawn() throws Exception {
    return browser.run(
        "const drawn = {};"
            + "document.querySelectorAll('figure[data-chart]').forEach(figure => {"
            + "  const canvas = figure.querySelector('canvas');"
            + "  let colours = new Set();"
            + "  if (canvas) {"
            + "    const pixels = canvas.getContext('2d')"
            + "      .getImageData(0, 0, canvas.width, canvas.height).data;"
            + "    for (let i = 0; i < pixels.length; i += 4) {"
            + "      colours.add(pixels[i] << 16 | pixels[i + 1] << 8 | pixels[i + 2]);"
            + "    }"
            + "  }"
            + "  drawn[figure.dataset.chart] = colours.size;"
            + "}); return drawn;");
  }

  private List<String> column(String table, int place) throws Exception {
    List<String> cells = new ArrayList<>();
    browser
        .run(
            "return Array.from(document.querySelectorAll('#"
                + table
                + " tbody tr'), row => row.children["
                + place
                + "].textContent);")
        .forEach(cell -> cells.add(cell.asText()));
    return cells;
  }

  @Test
  void everyChartIsDrawnWithoutAWordOnTheConsole() throws Exception {
    open(ExampleReport.full(4, 6, 5, "class "));
    JsonNode drawn = drawn();
    assertThat(drawn).hasSize(12);
    drawn
        .fields()
        .forEachRemaining(
            figure -> assertThat(figure.getValue().asInt()).as(figure.getKey()).isGreaterThan(3));
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void theNumbersAreThoseOfTheData() throws Exception {
    ReportData data = ExampleReport.full(3, 4, 3, "k");
    open(data);
    ReportData.Curves curves = data.series().get(2).curves();
    JsonNode accuracy =
        browser.run(
            "return echarts.getInstanceByDom(document.querySelector("
                + "'figure[data-chart=accuracy] .chart')).getOption().series[1].data;");
    for (int i = 0; i < 4; i++) {
      assertThat(accuracy.path(i).path(0).asInt()).isEqualTo(curves.epoch().get(i));
      assertThat(accuracy.path(i).path(1).asDouble())
          .isCloseTo(100 * curves.accuracy().get(i), within(1e-9));
    }
    assertThat(column("comparison", 5).get(1))
        .isEqualTo(String.format(Locale.ROOT, "%.2f", 100 * curves.accuracy().get(3)));
    JsonNode points =
        browser.run(
            "return echarts.getInstanceByDom(document.querySelector("
                + "'figure[data-chart=data_map] .chart')).getOption().series[0].data;");
    ReportData.DataMap map = data.series().get(0).dataMap();
    assertThat(points).hasSize(map.sampleId().size());
    assertThat(points.path(3).path(1).asDouble()).isEqualTo(map.confidence().get(3));
    assertThat(column("forgotten", 1)).containsExactly("7", "11");
    assertThat(column("forgotten", 3)).containsExactly("9", "3");
  }

  @Test
  void theSliderShowsAnotherEpoch() throws Exception {
    ReportData data = ExampleReport.full(1, 5, 3, "k");
    open(data);
    for (int epoch : new int[] {5, 2}) {
      JsonNode cells =
          browser.run(
              "const slider = document.getElementById('epoch');"
                  + "slider.value = "
                  + (epoch - 1)
                  + "; slider.dispatchEvent(new"
                  + " Event('input'));document.querySelector('figure[data-chart=confusion] .actions"
                  + " button').click();const rows ="
                  + " Array.from(document.querySelectorAll('figure[data-chart=confusion] tbody"
                  + " tr'), row =>"
                  + " row.children[2].textContent);document.querySelector('figure[data-chart=confusion]"
                  + " .actions button').click();return rows;");
      double[][] expected = data.series().get(0).confusion().values().get(epoch - 1);
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
          assertThat(cells.path(3 * i + j).asDouble()).isEqualTo(expected[i][j]);
        }
      }
      assertThat(
              browser
                  .run(
                      "return document.querySelector('figure[data-chart=confusion]"
                          + " .note').textContent;")
                  .asText())
          .isEqualTo("epoch " + epoch);
    }
    assertThat(
            browser
                .run("return document.getElementById('epoch').getAttribute('aria-valuetext');")
                .asText())
        .isEqualTo("epoch 2 of 5");
  }

  @Test
  void theKindOfSimilarityIsChosen() throws Exception {
    ReportData data = ExampleReport.full(1, 5, 3, "k");
    open(data);
    int place = 0;
    for (Map.Entry<String, ReportData.Matrices> kind :
        data.series().get(0).similarity().entrySet()) {
      JsonNode shown =
          browser.run(
              "const select = document.getElementById('similarity');"
                  + "select.value = '"
                  + place
                  + "'; select.dispatchEvent(new Event('change'));"
                  + "const figure = document.querySelector('figure[data-chart=similarity]');"
                  + "figure.querySelector('.actions button').click();"
                  + "const rows = Array.from(figure.querySelectorAll('tbody tr'),"
                  + " row => row.children[2].textContent);"
                  + "figure.querySelector('.actions button').click();"
                  + "return [rows, figure.querySelector('.note').textContent,"
                  + " select.selectedOptions[0].textContent];");
      List<double[][]> values = kind.getValue().values();
      double[][] expected = values.get(values.size() - 1);
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
          assertThat(shown.path(0).path(3 * i + j).asDouble())
              .isCloseTo(expected[i][j], within(1e-6));
        }
      }
      assertThat(shown.path(1).asText()).startsWith(shown.path(2).asText() + ", ");
      place++;
    }
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void tablesSortByThePressedHead() throws Exception {
    open(ExampleReport.full(2, 3, 3, "k"));
    assertThat(column("flipped", 0)).containsExactly("9", "10");
    String press =
        "document.querySelectorAll('#flipped thead button')[%d].click();return"
            + " document.querySelectorAll('#flipped thead th')[%d].getAttribute('aria-sort');";
    assertThat(browser.run(String.format(Locale.ROOT, press, 0, 0)).asText())
        .isEqualTo("ascending");
    assertThat(column("flipped", 0)).as("ids are numbers").containsExactly("9", "10");
    assertThat(browser.run(String.format(Locale.ROOT, press, 0, 0)).asText())
        .isEqualTo("descending");
    assertThat(column("flipped", 0)).containsExactly("10", "9");
  }

  @Test
  void runsAreChosenInTheLegend() throws Exception {
    open(ExampleReport.full(4, 3, 3, "k"));
    assertThat(column("comparison", 0)).hasSize(4);
    browser.run("document.querySelectorAll('#run-list button')[1].click();");
    assertThat(column("comparison", 0))
        .containsExactly("method-0-seed0", "method-1-seed0", "method-1-seed1");
    assertThat(
            browser
                .run(
                    "return echarts.getInstanceByDom(document.querySelector("
                        + "'figure[data-chart=loss] .chart')).getOption().series.length;")
                .asInt())
        .isEqualTo(3);
    browser.run("document.getElementById('grouped').click();");
    assertThat(browser.run("return document.querySelectorAll('#run-list button').length;").asInt())
        .isEqualTo(2);
    browser.run("document.getElementById('no-runs').click();");
    assertThat(
            browser
                .run("return document.querySelector('figure[data-chart=loss] .empty').textContent;")
                .asText())
        .isEqualTo("No run is chosen.");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void theThemeFollowsTheSystemAndTheButton() throws Exception {
    open(ExampleReport.full(1, 2, 2, "k"));
    String background = "return getComputedStyle(document.body).backgroundColor;";
    browser.prefer("dark");
    assertThat(browser.run(background).asText()).isEqualTo("rgb(13, 17, 23)");
    browser.run("document.getElementById('theme').click();");
    assertThat(browser.run(background).asText()).isEqualTo("rgb(246, 248, 250)");
    browser.prefer("light");
    browser.run("document.getElementById('theme').click();");
    assertThat(browser.run(background).asText()).isEqualTo("rgb(13, 17, 23)");
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void hostileTextIsShownAsText() throws Exception {
    open(ExampleReport.full(1, 2, 2, ExampleReport.HOSTILE));
    assertThat(
            browser
                .run(
                    "return document.querySelectorAll('script').length +"
                        + " document.querySelectorAll('img:not([src^=\"data:image/png\"])').length;")
                .asInt())
        .isEqualTo(4);
    assertThat(column("flipped", 1).get(0)).isEqualTo(ExampleReport.HOSTILE + 1);
    browser.run(
        "const chart = echarts.getInstanceByDom(document.querySelector("
            + "'figure[data-chart=data_map] .chart'));"
            + "chart.dispatchAction({type: 'showTip', seriesIndex: 0, dataIndex: 0});");
    assertThat(browser.run("return document.querySelector('.tip').textContent;").asText())
        .contains(ExampleReport.HOSTILE + 0);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void theChartIsSavedAsSvg() throws Exception {
    open(ExampleReport.full(2, 3, 3, "k"));
    JsonNode saved =
        browser.run(
            "let saved = null;"
                + "HTMLAnchorElement.prototype.click = function () {"
                + "  saved = [this.download, this.href]; };"
                + "document.querySelectorAll('figure[data-chart=rfe] .actions button')[1].click();"
                + "return saved;");
    assertThat(saved.path(0).asText()).isEqualTo("rfe-test-eval.svg");
    assertThat(saved.path(1).asText()).startsWith("data:image/svg+xml").contains("method-0-seed0");
  }

  @Test
  void aLogWithoutAnythingOptionalSaysWhatIsMissing() throws Exception {
    open(ExampleReport.bare());
    JsonNode drawn = drawn();
    assertThat(drawn.path("accuracy").asInt()).isGreaterThan(3);
    assertThat(drawn.path("reliability").asInt()).isZero();
    assertThat(browser.run("return document.querySelectorAll('.empty').length;").asInt())
        .isEqualTo(9);
    assertThat(browser.console()).isEmpty();
  }

  @Test
  void nothingIsWiderThanAPhone() throws Exception {
    browser.close();
    browser = new Browser(System.getProperty("holdfast.browser"), 360, 800);
    open(ExampleReport.full(54, 3, 12, "a class with a long name "));
    assertThat(
            browser
                .run(
                    "return document.documentElement.scrollWidth"
                        + " - document.documentElement.clientWidth;")
                .asInt())
        .isZero();
    assertThat(browser.console()).isEmpty();
  }
}

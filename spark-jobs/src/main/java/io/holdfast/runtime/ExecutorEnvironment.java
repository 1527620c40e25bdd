package io.holdfast.runtime;

import io.holdfast.analysis.failure.ExitCode;
import io.holdfast.analysis.failure.HoldfastException;
import java.io.Serializable;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.Function;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.sql.SparkSession;
import scala.Option;

/**
 * What the executors of an application compute with. On the CPU it is what the driver computes
 * with, and executors that differ are refused when they start to train; where a GPU is asked for,
 * the executors are asked before anything is written, since the driver has none.
 */
public final class ExecutorEnvironment {
  static final String RESOURCE = "gpu";

  private static final String EXECUTOR_AMOUNT = "spark.executor.resource.gpu.amount";
  private static final String TASK_AMOUNT = "spark.task.resource.gpu.amount";
  private static final String TIMEOUT = "spark.holdfast.device.timeout";

  private static final Map<SparkContext, NativeEnvironment> ASKED =
      Collections.synchronizedMap(new WeakHashMap<>());

  private ExecutorEnvironment() {}

  /** What one executor says of itself; no environment where it has no device that was asked for. */
  private record Report(
      String executor, DeviceBinding binding, List<String> task, NativeEnvironment environment)
      implements Serializable {}

  /**
   * The environment of the executors of the session that is open.
   *
   * @return this process's where none is
   * @throws HoldfastException as {@link #of}
   */
  public static NativeEnvironment ofSession() {
    Option<SparkSession> session = SparkSession.getDefaultSession();
    return session.isDefined()
        ? of(session.get().sparkContext())
        : NativeEnvironment.current().requireAsAsked();
  }

  /**
   * The environment of an application's executors.
   *
   * @param context of the application
   * @return the same for all of them
   * @throws HoldfastException with {@link ExitCode#REFUSED} where a GPU is asked for and an
   *     executor has none that it can use, with {@link ExitCode#INFRASTRUCTURE} where no executor
   *     comes up, with {@link ExitCode#BAD_INPUT} where the settings contradict one another
   */
  public static NativeEnvironment of(SparkContext context) {
    NativeEnvironment driver = NativeEnvironment.current().requireAsAsked();
    if (NativeBuild.loaded().cuda()) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "The driver loaded ND4J's CUDA build (expected it on the class path of executors alone,"
              + " spark.executor.extraClassPath: the driver has no device of its own)");
    }
    Device wanted = Device.of(context.getConf());
    if (wanted == Device.CPU || (wanted == Device.AUTO && context.isLocal())) {
      return driver;
    }
    if (context.isLocal()) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          Device.SETTING
              + " = gpu needs executors in processes of their own, found master "
              + context.master()
              + " (expected --master 'local-cluster[1,1,8192]' on one machine, or a cluster)");
    }
    return ASKED.computeIfAbsent(context, asked -> ask(asked, wanted));
  }

  private static NativeEnvironment ask(SparkContext context, Device wanted) {
    requireOneDeviceForATask(context.getConf(), wanted);
    List<Report> reports = reports(context);
    for (Report report : reports) {
      if (report.environment() == null) {
        throw refused(report);
      }
      if (!report.environment().fingerprint().equals(reports.get(0).environment().fingerprint())) {
        throw new HoldfastException(
            ExitCode.REFUSED,
            report.executor()
                + " computes with "
                + report.environment().fingerprint()
                + ", "
                + reports.get(0).executor()
                + " with "
                + reports.get(0).environment().fingerprint()
                + " (expected the same in all; set "
                + Device.SETTING
                + " to cpu, or start executors on equal devices only)");
      }
    }
    return reports.get(0).environment();
  }

  private static void requireOneDeviceForATask(SparkConf conf, Device wanted) {
    for (String setting : new String[] {EXECUTOR_AMOUNT, TASK_AMOUNT}) {
      String amount = conf.get(setting, "0");
      if (!amount.equals("1") && !(wanted == Device.AUTO && amount.equals("0"))) {
        throw new HoldfastException(
            ExitCode.BAD_INPUT,
            "Invalid value for "
                + setting
                + ": "
                + amount
                + " (expected 1 for "
                + Device.SETTING
                + " = gpu: one executor and one task at a time on every device; conf/spark/gpu.conf"
                + " sets it)");
      }
    }
  }

  private static List<Report> reports(SparkContext context) {
    int tasks = Math.max(1, context.defaultParallelism());
    String wanted = Device.of(context.getConf()).name();
    Function<Integer, Report> report = number -> report(Device.valueOf(wanted));
    context.setJobDescription("what the executors compute on");
    JavaFutureAction<List<Report>> answers =
        JavaSparkContext.fromSparkContext(context)
            .parallelize(IntStream.range(0, tasks).boxed().toList(), tasks)
            .map(report)
            .collectAsync();
    long patience = context.getConf().getTimeAsSeconds(TIMEOUT, "120s");
    try {
      while (true) {
        try {
          return answers.get(patience, TimeUnit.SECONDS);
        } catch (TimeoutException waiting) {
          // The driver is among them. Where an executor is up, its first use of CUDA may take long.
          if (context.getExecutorMemoryStatus().size() < 2) {
            answers.cancel(true);
            throw new HoldfastException(
                ExitCode.INFRASTRUCTURE,
                "No executor with a GPU came up in "
                    + patience
                    + " s on "
                    + context.master()
                    + " (expected machines that offer one: spark.worker.resource.gpu.amount of a"
                    + " worker, yarn.io/gpu of YARN; or "
                    + Device.SETTING
                    + " = cpu without spark.*.resource.gpu.*)",
                waiting);
          }
        }
      }
    } catch (ExecutionException e) {
      throw new HoldfastException(
          ExitCode.INFRASTRUCTURE,
          "The executors cannot be asked what they compute on: " + e.getCause().getMessage(),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new HoldfastException(ExitCode.INFRASTRUCTURE, "Interrupted", e);
    } finally {
      context.setJobDescription(null);
    }
  }

  /** Runs on an executor. */
  private static Report report(Device wanted) {
    DeviceBinding binding = DeviceBinding.current();
    String executor = "executor " + SparkEnv.get().executorId() + " on " + host();
    boolean usable = binding != null && binding.gpu() != null;
    return new Report(
        executor,
        binding,
        granted(TaskContext.get()),
        usable || wanted == Device.AUTO ? NativeEnvironment.current().requireAsAsked() : null);
  }

  private static String host() {
    return SparkEnv.get().blockManager().blockManagerId().host();
  }

  /** Addresses of the GPUs that Spark gave to a task. */
  static List<String> granted(TaskContext task) {
    ResourceInformation gpus = task.resourcesJMap().get(RESOURCE);
    return gpus == null ? List.of() : Arrays.asList(gpus.addresses());
  }

  /**
   * Refuses a task that Spark gave another device than this process is bound to.
   *
   * @param task what runs
   */
  public static void requireDevice(TaskContext task) {
    DeviceBinding binding = DeviceBinding.current();
    if (binding != null && binding.gpu() != null && !granted(task).equals(binding.granted())) {
      throw new HoldfastException(
          ExitCode.REFUSED,
          "Spark gave the GPUs "
              + granted(task)
              + " to a task of an executor that is bound to "
              + binding.granted()
              + " (expected the same)");
    }
  }

  private static HoldfastException refused(Report report) {
    String reason =
        report.binding() == null
            ? "it was started without " + DevicePlugin.class.getName() + " in spark.plugins"
            : report.binding().refusal();
    return new HoldfastException(
        ExitCode.REFUSED,
        "No GPU to compute on in "
            + report.executor()
            + ": "
            + reason
            + "; "
            + Device.SETTING
            + " = auto or cpu computes on the CPU (docs/gpu.md)");
  }
}

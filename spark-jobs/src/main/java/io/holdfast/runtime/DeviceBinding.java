package io.holdfast.runtime;

import java.io.Serializable;
import java.util.List;

/**
 * The GPU that this process computes on, or why it does not.
 *
 * <p>A process is bound to one device before CUDA starts in it, by the variable that CUDA itself
 * reads: all others are invisible to every thread of it, Spark's and our own, and no context is
 * made on them. (ND4J's choice of a device per thread comes too late for that: its start-up touches
 * every visible device.)
 *
 * @param granted addresses that Spark gave to the process
 * @param gpu the device that is used; null where none is
 * @param refusal why none is; null where one is
 */
record DeviceBinding(List<String> granted, Gpu gpu, String refusal) implements Serializable {
  static final String VISIBLE = "CUDA_VISIBLE_DEVICES";
  static final String ORDER = "CUDA_DEVICE_ORDER";

  /** Addresses are nvidia-smi's, which counts along the bus; CUDA would count from the fastest. */
  static final String BUS = "PCI_BUS_ID";

  private static final String BACKEND = "org/nd4j/linalg/jcublas/JCublasBackend.class";

  private static DeviceBinding current;

  /** The binding of this process; null where nothing was ever asked for but the CPU. */
  static synchronized DeviceBinding current() {
    return current;
  }

  /** Binds this process; the first time counts, for CUDA reads its environment once. */
  static synchronized DeviceBinding bind(Device wanted, List<String> granted) {
    if (current == null) {
      current = of(granted);
      if (current.gpu() == null && wanted == Device.AUTO) {
        // Or ND4J would take any device that there is.
        ProcessEnvironment.set(VISIBLE, "");
      }
    }
    return current;
  }

  private static DeviceBinding of(List<String> granted) {
    try {
      return new DeviceBinding(List.copyOf(granted), usable(granted), null);
    } catch (CudaDriver.Unusable unusable) {
      return new DeviceBinding(List.copyOf(granted), null, unusable.getMessage());
    }
  }

  private static Gpu usable(List<String> granted) throws CudaDriver.Unusable {
    if (granted.isEmpty()) {
      throw new CudaDriver.Unusable(
          "Spark granted no GPU (expected spark.executor.resource.gpu.amount 1, as in"
              + " conf/spark/gpu.conf)");
    }
    if (granted.size() > 1) {
      throw new CudaDriver.Unusable(
          "Spark granted the GPUs "
              + String.join(", ", granted)
              + " to one executor (expected one: spark.executor.resource.gpu.amount 1, and an"
              + " executor for every GPU)");
    }
    String address = granted.get(0);
    ProcessEnvironment.set(VISIBLE, address);
    ProcessEnvironment.set(ORDER, BUS);
    Gpu gpu = CudaDriver.gpu(address);
    if (!gpu.runsTheBinaries()) {
      throw new CudaDriver.Unusable(
          "GPU "
              + address
              + " is a "
              + gpu
              + ", which the binaries hold no code for (they hold 3.7 to 8.6, and 8.9 runs 8.6's)");
    }
    if (DeviceBinding.class.getClassLoader().getResource(BACKEND) == null) {
      throw new CudaDriver.Unusable(
          "ND4J's CUDA build is not on the class path (expected the jars that `mvn -Pcuda"
              + " -DskipTests package` puts into spark-jobs/target/holdfast/cuda)");
    }
    return gpu;
  }
}

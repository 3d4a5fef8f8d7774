//! #[global_once(key = "job:{self}", retain = "1h")]
//! async fn job(&mut self) -> Result<u32, Error> { self.count += 1; println!("{self}"); Ok(self.count) }

async fn job(&mut self) -> Result<u32, Error> {
    use ::lockwork::__private as __lw_runtime;
    let mut __lw_call = __lw_runtime::begin::<
        Result<u32, Error>,
        __lw_runtime::Is<_>,
        __lw_runtime::Is<_>,
    >(
        {
            static __LW_POLICY: __lw_runtime::Policy = __lw_runtime::Policy::new()
                .retain(::core::time::Duration::from_millis(3600000));
            &__LW_POLICY
        },
        ::core::option::Option::None,
        &::std::format!("job:{self}"),
    );
    loop {
        let __lw_attempt = match __lw_call.next().await {
            __lw_runtime::Step::Run(__lw_attempt) => __lw_attempt,
            __lw_runtime::Step::Return(__lw_returned) => return __lw_returned,
        };
        let __lw_driven = {
            let lw_self = &mut *self;
            let _ = &lw_self;
            __lw_runtime::drive(
                    &__lw_attempt,
                    async move {
                        if let ::core::option::Option::Some(returned) = ::core::option::Option::None::<
                            Result<u32, Error>,
                        > {
                            return returned;
                        }
                        match () {
                            () => {
                                lw_self.count += 1;
                                println!("{lw_self}");
                                Ok(lw_self.count)
                            }
                        }
                    },
                )
                .await
        };
        if let ::core::option::Option::Some(__lw_returned) = __lw_call
            .settle(__lw_driven)
        {
            return __lw_returned;
        }
    }
}
